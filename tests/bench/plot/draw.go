package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// line is one line of a panel.
type line struct {
	name   string
	points plotter.XYs
	color  color.Color
	dashed bool
}

// last is the cost for the most workers.
func (l line) last() float64 {
	return slices.MaxFunc(l.points, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) }).Y
}

// draw makes an SVG picture of two panels: the instructions of an idle hook, now and before, and the CPU of the hook that
// signs a new worker, beside the Python peers.
func draw(now, before, peers growth) ([]byte, error) {
	blue, orange := color.RGBA{0, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0, 0xff}
	idle := []line{
		{"master", now[idleMaster], blue, false},
		{"master before", before[idleMaster], blue, true},
		{"worker", now[idleWorker], orange, false},
		{"worker before", before[idleWorker], orange, true},
	}
	signing := []line{{"kube-control", now[newWorker], blue, false}}
	palette := []color.Color{color.RGBA{0, 0x9e, 0x73, 0xff}, color.RGBA{0xcc, 0x79, 0xa7, 0xff}, color.RGBA{0xe6, 0x9f, 0, 0xff}}
	for i, name := range slices.Sorted(maps.Keys(peers)) {
		signing = append(signing, line{name, peers[name], palette[i%len(palette)], true})
	}

	left, err := panel("A changed hook in which nothing has changed", "millions of instructions", idle)
	if err != nil {
		return nil, err
	}
	right, err := panel("A master's changed hook that signs a new worker", "seconds of CPU, with its hook tools", signing)
	if err != nil {
		return nil, err
	}
	const width, height = 960, 400
	svg := vgsvg.New(width, height)
	tiles := vgdraw.Tiles{Rows: 1, Cols: 2, PadX: 24, PadTop: 12, PadBottom: 12, PadLeft: 12, PadRight: 16}
	canvas := vgdraw.New(svg)
	left.Draw(tiles.At(canvas, 0, 0))
	right.Draw(tiles.At(canvas, 1, 0))
	var b bytes.Buffer
	if _, err := svg.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("cannot draw: %w", err)
	}
	// A reader without the fonts that the text was measured with has one of the same widths.
	return bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}

// panel draws lines over the number of workers, and names those first that end highest. Both axes are logarithmic.
func panel(title, unit string, lines []line) (*plot.Plot, error) {
	p := plot.New()
	// The unit stands in the title, because gonum reserves too much room for the label of a logarithmic y axis.
	p.Title.Text, p.X.Label.Text = title+":\n"+unit, "workers"
	p.Title.Padding = 8
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs, p.Legend.YOffs = true, true, 12, -6
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = decades{}, decades{}
	for _, style := range []*font.Font{
		&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font,
	} {
		style.Variant = "Sans"
	}
	p.Title.TextStyle.Font.Size = 14
	p.Legend.Padding = 3
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{0xe4}, color.Gray{0xe4}
	p.Add(grid)
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(b.last(), a.last()) })
	for _, l := range lines {
		curve, dots, err := plotter.NewLinePoints(l.points)
		if err != nil {
			return nil, fmt.Errorf("cannot draw %s: %w", l.name, err)
		}
		curve.Color, curve.Width = l.color, 2
		if l.dashed {
			curve.Dashes, curve.Width = []vg.Length{5, 4}, 1.5
		}
		dots.Color, dots.Shape, dots.Radius = l.color, vgdraw.CircleGlyph{}, 3
		p.Add(curve, dots)
		p.Legend.Add(l.name, curve, dots)
	}
	ticks := decades{}.Ticks(p.Y.Min, p.Y.Max)
	p.Y.Min, p.Y.Max = ticks[0].Value, ticks[len(ticks)-1].Value
	return p, nil
}

// decades has a tick at each power of ten.
type decades struct{}

// Ticks implements plot.Ticker. The first is not above the least value, and the last not below the greatest.
func (decades) Ticks(least, greatest float64) []plot.Tick {
	var ticks []plot.Tick
	first, last := int(math.Floor(math.Log10(least))), int(math.Ceil(math.Log10(greatest)))
	for exponent := first; exponent <= last; exponent++ {
		v := math.Pow10(exponent)
		ticks = append(ticks, plot.Tick{Value: v, Label: thousands(v)})
	}
	return ticks
}

// thousands writes a power of ten, with a comma before three zeros.
func thousands(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if v >= 1000 {
		text = text[:len(text)-3] + "," + text[len(text)-3:]
	}
	return text
}
