// Command charmpack makes charms ready to deploy, as package pack describes.
//
//	charmpack -program FILE -arch ARCH -out DIR [-stage] [-name NAME] [-licences DIR -bill FILE] CHARM...
//
// Each CHARM is a charm's directory, and NAME is the name that a single one gets instead of its own. DIR receives NAME_ARCH.charm for each, or
// with -stage a directory NAME, replacing what an earlier run left there. The
// path of each is printed, with the sizes of the program and the archive in
// bytes. It exits 1 on failure, 2 on wrong usage.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/kube-control/kube-control/internal/pack"
)

func main() {
	var source pack.Source
	flag.StringVar(&source.Program, "program", "", "the `FILE` of the program")
	flag.StringVar(&source.Arch, "arch", "", "what the program is built for: amd64, arm64, ppc64le or s390x")
	out := flag.String("out", "", "the `DIR` to write to")
	flag.StringVar(&source.Name, "name", "", "the `NAME` of the charm instead of its own, for a single CHARM")
	flag.StringVar(&source.Licences, "licences", "", "the `DIR` with the licences of what the program links")
	flag.StringVar(&source.Bill, "bill", "", "the `FILE` with the program's bill of materials (CycloneDX)")
	stage := flag.Bool("stage", false, "write directories instead of archives")
	flag.Parse()
	if source.Program == "" || source.Arch == "" || *out == "" || flag.NArg() == 0 || source.Name != "" && flag.NArg() > 1 {
		flag.Usage()
		os.Exit(2)
	}
	for _, dir := range flag.Args() {
		source.Dir = dir
		if err := run(os.Stdout, source, *out, *stage); err != nil {
			fmt.Fprintf(os.Stderr, "charmpack: %v\n", err)
			os.Exit(1)
		}
	}
}

// run makes one charm, and prints where it is and how large.
func run(stdout io.Writer, source pack.Source, out string, stage bool) error {
	name, err := pack.ReadName(source.Dir)
	if err != nil {
		return err
	}
	entries, err := pack.Collect(source)
	if err != nil {
		return fmt.Errorf("cannot pack %s: %w", name, err)
	}
	name = cmp.Or(source.Name, name)
	target := filepath.Join(out, name)
	if stage {
		if err := os.RemoveAll(target); err != nil {
			return fmt.Errorf("cannot clear %s: %w", target, err)
		}
		err = pack.WriteDir(target, entries)
	} else {
		target += "_" + source.Arch + ".charm"
		err = writeFile(target, entries)
	}
	if err != nil {
		return err
	}
	sizes, err := sizes(target, entries)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %s\n", target, sizes)
	return err
}

// sizes says how large the program of a charm is and, if the charm is an archive, the whole of it.
func sizes(target string, entries []pack.Entry) (string, error) {
	i := slices.IndexFunc(entries, func(e pack.Entry) bool { return e.Name == pack.Program })
	text := fmt.Sprintf("program %d bytes", len(entries[i].Body))
	info, err := os.Stat(target)
	if err != nil {
		return "", fmt.Errorf("cannot measure %s: %w", target, err)
	}
	if info.Mode().IsRegular() {
		text += fmt.Sprintf(", charm %d bytes", info.Size())
	}
	return text, nil
}

func writeFile(file string, entries []pack.Entry) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("cannot make the directory of %s: %w", file, err)
	}
	w, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("cannot create %s: %w", file, err)
	}
	if err := pack.WriteArchive(w, entries); err != nil {
		w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("cannot finish %s: %w", file, err)
	}
	return nil
}
