// The outside verifier: Go's own transparency log code (the one behind go mod verify), driven by
// lines on standard input. It shares not a byte with ours.
//
//	tree FILE M...   root and proofs over the hex leaf hashes of FILE, for each size pair (M, all)
//	all N            root and proofs over "entry 0".."entry N-1", for every 1 <= m <= n <= N
//	proof VKEY FILE  check a .tlog-proof that carries its entry
//	claim VKEY OLD FILE  check that one checkpoint continues another
//	log VKEY DIR     check a tlog-tiles directory: every entry, every tile, the root
//
// It answers each line with lines of its own and then "ok" or "bad" and a reason.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"outside/note"
	"outside/tlog"
)

var out = bufio.NewWriterSize(os.Stdout, 1<<20)

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(m)) {
			return nil, errors.New("no such hash")
		}
		found[i] = m[index]
	}
	return found, nil
}

func (m *memory) grow(leaf tlog.Hash, index int64) error {
	hashes, err := tlog.StoredHashesForRecordHash(index, leaf, *m)
	*m = append(*m, hashes...)
	return err
}

func hexes(proof []tlog.Hash) string {
	texts := make([]string, len(proof))
	for i, hash := range proof {
		texts[i] = hex.EncodeToString(hash[:])
	}
	return strings.Join(texts, ",")
}

func tell(stored memory, m, n int64) error {
	root, err := tlog.TreeHash(n, stored)
	if err != nil {
		return err
	}
	inclusion, err := tlog.ProveRecord(n, m-1, stored)
	if err != nil {
		return err
	}
	growth, err := tlog.ProveTree(n, m, stored)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d %d %x %s;%s\n", n, m, root[:], hexes(inclusion), hexes(growth))
	return nil
}

func all(limit int64) error {
	var stored memory
	for n := int64(1); n <= limit; n++ {
		if err := stored.grow(tlog.RecordHash([]byte(fmt.Sprintf("entry %d", n-1))), n-1); err != nil {
			return err
		}
		for m := int64(1); m <= n; m++ {
			if err := tell(stored, m, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func tree(path string, sizes []string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var stored memory
	n := int64(0)
	for _, line := range strings.Fields(string(content)) {
		var leaf tlog.Hash
		if _, err := hex.Decode(leaf[:], []byte(line)); err != nil {
			return err
		}
		if err := stored.grow(leaf, n); err != nil {
			return err
		}
		n++
	}
	for _, text := range sizes {
		m, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		if err := tell(stored, m, n); err != nil {
			return err
		}
	}
	return nil
}

// open checks a checkpoint: any origin under the one key, as name and id follow from both.
func open(key, checkpoint string) (tlog.Tree, string, error) {
	var none tlog.Tree
	parts := strings.SplitN(strings.TrimSpace(key), "+", 3)
	if len(parts) != 3 {
		return none, "", errors.New("no key")
	}
	material, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(material) != 33 {
		return none, "", errors.New("no key")
	}
	origin, _, _ := strings.Cut(checkpoint, "\n")
	vkey, err := note.NewEd25519VerifierKey(origin, material[1:])
	if err != nil {
		return none, "", err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return none, "", err
	}
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	if err != nil {
		return none, "", err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return none, "", errors.New("no checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return none, "", errors.New("no size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return none, "", errors.New("no root")
	}
	return tlog.Tree{N: size, Hash: root}, opened.Text, nil
}

func hashesOf(lines []string) ([]tlog.Hash, error) {
	found := []tlog.Hash{}
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil || hash.String() != line {
			return nil, errors.New("no hash")
		}
		found = append(found, hash)
	}
	return found, nil
}

func strict(text string) ([]byte, error) {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err == nil && base64.StdEncoding.EncodeToString(data) != text {
		err = errors.New("base64 in another spelling")
	}
	return data, err
}

func plain(value any) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.Encode(value)
	text := strings.TrimSuffix(buffer.String(), "\n")
	return []byte(strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(text))
}

// carriedIn reads what a proof carries: an entry, perhaps openings, perhaps an anchor's proof.
func carriedIn(data []byte) (map[string]string, map[string]map[string]string, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, nil, err
	}
	texts := map[string]string{}
	carried := map[string]map[string]string{}
	for name, value := range raw {
		var text string
		var err error
		switch name {
		case "entry", "anchor":
			err = json.Unmarshal(value, &text)
			texts[name] = text
		case "openings":
			err = json.Unmarshal(value, &carried)
		default:
			err = errors.New("it carries something else")
		}
		if err != nil {
			return nil, nil, err
		}
	}
	spaced := func(value any) string {
		text := strings.ReplaceAll(string(plain(value)), `":`, `": `)
		return strings.ReplaceAll(strings.ReplaceAll(text, `","`, `", "`), `"},"`, `"}, "`)
	}
	parts := []string{}
	if _, ok := raw["anchor"]; ok {
		parts = append(parts, `"anchor": `+string(plain(texts["anchor"])))
	}
	parts = append(parts, `"entry": `+string(plain(texts["entry"])))
	if _, ok := raw["openings"]; ok {
		parts = append(parts, `"openings": `+spaced(carried))
	}
	if "{"+strings.Join(parts, ", ")+"}" != string(data) {
		return nil, nil, errors.New("it is written in another spelling")
	}
	return texts, carried, nil
}

func openings(entry []byte, carried map[string]map[string]string) error {
	var record map[string]json.RawMessage
	if len(carried) == 0 {
		return nil
	}
	if err := json.Unmarshal(entry, &record); err != nil {
		return err
	}
	for name, opening := range carried {
		salt, err := hex.DecodeString(opening["salt"])
		if err != nil {
			return err
		}
		committed := sha256.Sum256(append(append([]byte{2}, salt...), plain(opening["value"])...))
		if string(record[name+"_commit"]) != fmt.Sprintf("%q", hex.EncodeToString(committed[:])) {
			return errors.New("another text was committed to")
		}
	}
	return nil
}

func proof(key, text string) ([]byte, error) {
	head, checkpoint, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		!strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		return nil, errors.New("no proof")
	}
	data, err := strict(lines[1][6:])
	if err != nil {
		return nil, err
	}
	extra, carried, err := carriedIn(data)
	if err != nil {
		return nil, err
	}
	entry, err := strict(extra["entry"])
	if err != nil {
		return nil, err
	}
	if err := openings(entry, carried); err != nil {
		return nil, err
	}
	index, err := strconv.ParseInt(lines[2][6:], 10, 64)
	if err != nil || strconv.FormatInt(index, 10) != lines[2][6:] {
		return nil, errors.New("no index")
	}
	path, err := hashesOf(lines[3:])
	if err != nil {
		return nil, err
	}
	signed, body, err := open(key, checkpoint)
	if err != nil {
		return nil, err
	}
	if index < 0 || index >= signed.N {
		return nil, errors.New("beyond the tree")
	}
	if err := tlog.CheckRecord(path, signed.N, signed.Hash, index, tlog.RecordHash(entry)); err != nil {
		return nil, err
	}
	if extra["anchor"] != "" {
		anchored, err := proof(key, extra["anchor"])
		if err != nil {
			return nil, err
		}
		if string(anchored) != body {
			return nil, errors.New("the anchor holds another checkpoint")
		}
	}
	return entry, nil
}

func claim(key, old, text string) error {
	head, checkpoint, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	before, body, err := open(key, old)
	if err != nil {
		return err
	}
	after, newBody, err := open(key, checkpoint)
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(body, "\n")
	second, _, _ := strings.Cut(newBody, "\n")
	if first != second || lines[0] != fmt.Sprintf("old %d", before.N) {
		return errors.New("another log or size")
	}
	path, err := hashesOf(lines[1:])
	if err != nil {
		return err
	}
	return tlog.CheckTree(path, after.N, after.Hash, before.N, before.Hash)
}

func tilePath(level string, index, width int64) string {
	name := fmt.Sprintf("%03d", index%1000)
	for index /= 1000; index > 0; index /= 1000 {
		name = fmt.Sprintf("x%03d/%s", index%1000, name)
	}
	if width != 256 {
		name += fmt.Sprintf(".p/%d", width)
	}
	return filepath.Join("tile", level, name)
}

func log(key, dir string) error {
	checkpoint, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	signed, _, err := open(key, string(checkpoint))
	if err != nil {
		return err
	}
	var stored memory
	for start := int64(0); start < signed.N; start += 256 {
		width := min(256, signed.N-start)
		bundle, err := os.ReadFile(filepath.Join(dir, tilePath("entries", start/256, width)))
		if err != nil {
			return err
		}
		for i := int64(0); i < width; i++ {
			if len(bundle) < 2 {
				return errors.New("a bundle is cut off")
			}
			length := int(bundle[0])<<8 | int(bundle[1])
			if len(bundle) < 2+length {
				return errors.New("a bundle is cut off")
			}
			if err := stored.grow(tlog.RecordHash(bundle[2:2+length]), start+i); err != nil {
				return err
			}
			bundle = bundle[2+length:]
		}
		if len(bundle) != 0 {
			return errors.New("a bundle is too long")
		}
	}
	root, err := tlog.TreeHash(signed.N, stored)
	if err != nil {
		return err
	}
	if root != signed.Hash {
		return errors.New("another root")
	}
	for level := 0; signed.N>>(8*level) > 0; level++ {
		count := signed.N >> (8 * level)
		for index := int64(0); index*256 < count; index++ {
			width := min(256, count-index*256)
			content, err := os.ReadFile(filepath.Join(dir, tilePath(strconv.Itoa(level), index, width)))
			if err != nil {
				return err
			}
			ours, err := tlog.ReadTileData(tlog.Tile{H: 8, L: level, N: index, W: int(width)}, stored)
			if err != nil {
				return err
			}
			if !bytes.Equal(ours, content) {
				return errors.New("another tile")
			}
		}
	}
	return nil
}

func do(words []string) error {
	text := func(path string) string {
		content, err := os.ReadFile(path)
		if err != nil {
			return ""
		}
		return string(content)
	}
	switch words[0] {
	case "all":
		limit, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil {
			return err
		}
		return all(limit)
	case "tree":
		return tree(words[1], words[2:])
	case "proof":
		_, err := proof(words[1], text(words[2]))
		return err
	case "claim":
		return claim(words[1], text(words[2]), text(words[3]))
	case "log":
		return log(words[1], words[2])
	}
	return errors.New("no such command")
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := do(strings.Fields(lines.Text())); err != nil {
			fmt.Fprintf(out, "bad %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Fprintln(out, "ok")
		}
		out.Flush()
	}
}
