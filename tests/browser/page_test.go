// Package browser_test opens the page of a trace in Chromium, as a person does.
package browser_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// jujusim runs the simulator that `make stage` has built, and returns what it prints.
func jujusim(t *testing.T, data string, args ...string) string {
	t.Helper()
	program, err := filepath.Abs(filepath.Join("..", "..", "bin", "jujusim"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"--data", data}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("jujusim %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// model makes a model with two masters and two workers, of which one has left, and rotated credentials.
func model(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	for _, line := range []string{
		"deploy dist/kube-control-master -n 2 --config token-auth-file=known_tokens.csv",
		"deploy dist/kube-control-worker -n 2 --config kubeconfig-dir=kube",
		"integrate kube-control-master kube-control-worker",
		"settle",
		"run kube-control-master/0 rotate-credentials all=true",
		"settle",
		"remove-unit kube-control-worker/1",
		"settle",
	} {
		jujusim(t, data, strings.Fields(line)...)
	}
	return data
}

// open starts a browser with the page of a model's trace, and returns it with the page's text.
func open(t *testing.T, data string) (context.Context, string) {
	t.Helper()
	page := filepath.Join(t.TempDir(), "trace.html")
	jujusim(t, data, "trace", "--html", page)
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(1400, 900))
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	do(t, ctx, chromedp.Navigate("file://"+page), chromedp.WaitReady("rect.bar"))
	return ctx, string(text)
}

func do(t *testing.T, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// script runs a statement in the page.
func script(t *testing.T, ctx context.Context, statement string) {
	t.Helper()
	do(t, ctx, chromedp.Evaluate[chromedp.Void](statement))
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// screenshot keeps a picture in the folder that SCREENSHOTS names, if it names one.
func screenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A person opens the page, clicks a hook and reads its details, follows an arrow to its cause, searches and zooms.
func TestPersonReadsPage(t *testing.T) {
	t.Parallel()
	ctx, text := open(t, model(t))
	if strings.Contains(text, "src=") || strings.Contains(text, "@import") {
		t.Error("the page loads something from elsewhere")
	}
	const last = `[...document.querySelectorAll("rect.bar")].findLast(b => b.getAttribute("aria-label") === "kube-control-worker/0 kube-control-relation-changed")`
	script(t, ctx, last+`.dispatchEvent(new MouseEvent("click"))`)
	details := ask[string](t, ctx, `document.getElementById("details").innerText`)
	for _, want := range []string{"kube-control-worker/0: kube-control-relation-changed", "exit 0", "done", "Caused by", "kube-control-master/", "Hook tools", "relation-get"} {
		if !strings.Contains(details, want) {
			t.Errorf("the details have no %q:\n%s", want, details)
		}
	}
	if n := ask[int](t, ctx, `document.querySelectorAll("path.arrow.picked").length`); n == 0 {
		t.Error("no arrow leads to the hook")
	}
	script(t, ctx, `document.querySelector("#details button").click()`)
	details = ask[string](t, ctx, `document.getElementById("details").innerText`)
	for _, want := range []string{"kube-control-master/", "creds", "bytes, #", "Caused"} {
		if !strings.Contains(details, want) {
			t.Errorf("the details of the cause have no %q:\n%s", want, details)
		}
	}
	do(t, ctx, chromedp.SendKeys("#search", "rotate-credentials"))
	if found := ask[string](t, ctx, `document.getElementById("found").innerText`); !strings.HasPrefix(found, "1 of ") {
		t.Errorf("the search says %q", found)
	}
	wide := `document.querySelector("#lanes svg").getBoundingClientRect().width`
	before := ask[float64](t, ctx, wide)
	do(t, ctx, chromedp.Click("#in"))
	if after := ask[float64](t, ctx, wide); after <= before {
		t.Errorf("zoomed in, the timeline is %v wide, and before %v", after, before)
	}
}

// The page is readable in both themes: text and background differ, and follow the system's setting.
func TestThemes(t *testing.T) {
	t.Parallel()
	ctx, _ := open(t, model(t))
	colours := map[string]string{}
	for _, theme := range []string{"light", "dark"} {
		do(t, ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
			})
			return err
		}))
		script(t, ctx, `[...document.querySelectorAll("rect.bar")].findLast(b => b.getAttribute("aria-label").includes("kube-control-relation-changed")).dispatchEvent(new MouseEvent("click"))`)
		colours[theme] = ask[string](t, ctx, `getComputedStyle(document.body).backgroundColor + getComputedStyle(document.body).color`)
		screenshot(t, ctx, theme)
	}
	if colours["light"] == colours["dark"] || !strings.Contains(colours["light"], "rgb(255, 255, 255)") {
		t.Errorf("the colours are %v", colours)
	}
}

// With 1,000 hooks the page still answers a click.
func TestThousandHooks(t *testing.T) {
	t.Parallel()
	data := model(t)
	files, err := filepath.Glob(filepath.Join(data, "trace", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no traces: %v", err)
	}
	lines := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines += bytes.Count(text, []byte("\n"))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, bytes.Repeat(text, 1000/lines+2), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, text := open(t, data)
	if n := ask[int](t, ctx, `document.querySelectorAll("rect.bar").length`); n < 1000 {
		t.Errorf("the page has %d bars", n)
	}
	if len(text) > 8<<20 {
		t.Errorf("the page has %d bytes", len(text))
	}
	script(t, ctx, `document.querySelectorAll("rect.bar")[700].dispatchEvent(new MouseEvent("click"))`)
	if details := ask[string](t, ctx, `document.getElementById("details").innerText`); !strings.Contains(details, "Run 701 of ") {
		t.Errorf("the details are\n%s", details)
	}
	screenshot(t, ctx, "thousand")
}
