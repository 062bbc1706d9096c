// Package browser_test opens the page of a trace in Chromium, as a person does.
package browser_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
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

// writePage writes the page of a model's trace, and returns its path and its text.
func writePage(t *testing.T, data string) (path, text string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "trace.html")
	jujusim(t, data, "trace", "--html", path)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, string(content)
}

// open starts a browser with a page. The test fails if the page loads anything else, or if one of its scripts fails.
func open(t *testing.T, page string) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(1400, 900))
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)

	var mu sync.Mutex
	var loaded, thrown []string
	if err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			loaded = append(loaded, e.Request.URL)
		case *runtime.EventExceptionThrown:
			thrown = append(thrown, fmt.Sprint(e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
		}
	}); err != nil {
		t.Fatalf("cannot start the browser: %v", err)
	}
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if len(loaded) != 1 || loaded[0] != "file://"+page || len(thrown) > 0 {
			t.Errorf("the page has loaded %q, and its scripts have failed with %q", loaded, thrown)
		}
	})
	do(t, ctx, chromedp.Navigate("file://"+page), chromedp.WaitReady(chromedp.CSS("rect.bar")))
	return ctx
}

// click clicks the first element that a CSS selector finds, with the mouse.
func click(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	do(t, ctx, chromedp.Click(chromedp.CSS(selector)))
}

// clickRun clicks the bar of the last run of a unit and a hook.
func clickRun(t *testing.T, ctx context.Context, unit, hook string) {
	t.Helper()
	n := ask[int](t, ctx, fmt.Sprintf(`hooks.findLastIndex(h => h.unit === %q && h.hook === %q)`, unit, hook))
	if n < 0 {
		t.Fatalf("the page has no %s of %s", hook, unit)
	}
	click(t, ctx, fmt.Sprintf(`rect.bar[data-n="%d"]`, n))
}

// wantDetails wants the details of the chosen run to have some texts.
func wantDetails(t *testing.T, ctx context.Context, wanted ...string) {
	t.Helper()
	details := ask[string](t, ctx, `document.getElementById("details").innerText`)
	for _, want := range wanted {
		if !strings.Contains(details, want) {
			t.Errorf("the details have no %q:\n%s", want, details)
		}
	}
}

func do(t *testing.T, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
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
	page, _ := writePage(t, model(t))
	ctx := open(t, page)
	clickRun(t, ctx, "kube-control-worker/0", "kube-control-relation-changed")
	wantDetails(t, ctx, "kube-control-worker/0: kube-control-relation-changed", "exit 0", "done", "Caused by", "kube-control-master/",
		"Hook tools", "relation-get")
	if n := ask[int](t, ctx, `document.querySelectorAll("path.arrow.picked").length`); n == 0 {
		t.Error("no arrow leads to the hook")
	}
	click(t, ctx, "#details p button")
	wantDetails(t, ctx, "Caused", "Databag kube-control:1 kube-control-master/", "creds", "bytes, #", "api-endpoints", "changed")
	for _, kind := range []string{"changed", "same"} {
		if n := ask[int](t, ctx, `document.querySelectorAll("#details tr.`+kind+`").length`); n == 0 {
			t.Errorf("no key is marked as %s", kind)
		}
	}
	click(t, ctx, "#search")
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#search"), "rotate-credentials"))
	if found := ask[string](t, ctx, `document.getElementById("found").innerText`); !strings.HasPrefix(found, "1 of ") {
		t.Errorf("the search says %q", found)
	}
	const wide = `document.querySelector("#lanes svg").getBoundingClientRect().width`
	before := ask[float64](t, ctx, wide)
	click(t, ctx, "#in")
	if after := ask[float64](t, ctx, wide); after <= before {
		t.Errorf("zoomed in, the timeline is %v wide, and before %v", after, before)
	}
}

// contrasts are the ratios of WCAG between colours that a person must tell apart, by what they are.
const contrasts = `(() => {
	const probe = document.body.appendChild(document.createElement("i"));
	const light = name => {
		probe.style.color = "var(--" + name + ")";
		const [r, g, b] = getComputedStyle(probe).color.match(/[0-9.]+/g).map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
		return .2126 * r + .7152 * g + .0722 * b;
	};
	const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
	const ratios = {};
	for (const back of ["back", "panel", "added", "changed", "removed"]) ratios["text on " + back] = ratio("text", back);
	for (const text of ["faint", "failed"]) ratios[text + " on panel"] = ratio(text, "panel");
	for (const kind of ["relation", "secret", "leader", "life", "action", "failed"]) ratios["bar " + kind] = ratio(kind, "back");
	probe.remove();
	return ratios;
})()`

// The page is readable in both themes, which follow the system's setting: WCAG wants a contrast of 4.5 for text, and of 3 for
// shapes.
func TestThemes(t *testing.T) {
	t.Parallel()
	page, _ := writePage(t, model(t))
	ctx := open(t, page)
	backs := map[string]string{}
	for _, theme := range []string{"light", "dark"} {
		do(t, ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
			})
			return err
		}))
		clickRun(t, ctx, "kube-control-master/0", "rotate-credentials")
		backs[theme] = ask[string](t, ctx, `getComputedStyle(document.body).backgroundColor`)
		for pair, ratio := range ask[map[string]float64](t, ctx, contrasts) {
			least := 4.5
			if strings.HasPrefix(pair, "bar ") {
				least = 3
			}
			if ratio < least {
				t.Errorf("%s: the contrast of %s is %.1f", theme, pair, ratio)
			}
		}
		screenshot(t, ctx, theme)
	}
	if backs["light"] != "rgb(255, 255, 255)" || backs["dark"] == backs["light"] {
		t.Errorf("the backgrounds are %v", backs)
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
	texts, lines := map[string][]byte{}, 0
	for _, file := range files {
		if texts[file], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		lines += bytes.Count(texts[file], []byte("\n"))
	}
	for file, text := range texts {
		if err := os.WriteFile(file, bytes.Repeat(text, 1000/lines+1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	page, text := writePage(t, data)
	ctx := open(t, page)
	if n := ask[int](t, ctx, `document.querySelectorAll("rect.bar").length`); n < 1000 || len(text) > 8<<20 {
		t.Errorf("the page has %d bars and %d bytes", n, len(text))
	}
	click(t, ctx, `rect.bar[data-n="700"]`)
	wantDetails(t, ctx, "Run 701 of ")
	screenshot(t, ctx, "thousand")
}

// The page has no content of a secret of the model.
func TestPageHasNoSecret(t *testing.T) {
	t.Parallel()
	data := model(t)
	_, text := writePage(t, data)
	content, err := os.ReadFile(filepath.Join(data, "model.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Model struct {
			Secrets map[string]struct {
				Revisions []struct {
					Content map[string][]byte `json:"content"`
				} `json:"revisions"`
			} `json:"secrets"`
		} `json:"model"`
	}
	if err := json.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, secret := range document.Model.Secrets {
		for _, revision := range secret.Revisions {
			for key, value := range revision.Content {
				if key == "endpoint" || key == "scope" || key == "count" { // names and a number
					continue
				}
				checked++
				if strings.Contains(text, string(value)) || strings.Contains(text, base64.StdEncoding.EncodeToString(value)) {
					t.Errorf("the page has the %s of a secret", key)
				}
			}
		}
	}
	if checked < 4 {
		t.Errorf("the model has only %d contents of secrets", checked)
	}
}
