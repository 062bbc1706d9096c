// What opens the page of a trace in a browser. It stands in a module of its own, so that the main module requires only what
// is linked or tested.
module github.com/kube-control/kube-control/tests/browser

go 1.26.0

require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
)

require github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
