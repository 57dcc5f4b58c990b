package es

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
)

// TB is what CheckGoldens needs of *testing.T.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// CheckGoldens checks that everything ever stored can still be read, and that nothing stored has changed its form. dir holds one file
// for every name of the catalogue, older versions included: <name>.json, an event's data with every field set. A current name's file
// must set every field of the Go type, and decode and encode to the same JSON; an older name's must decode through its upcasts. For a new name the file is written from
// the Go type and the test fails once: look at the file, put what it should say, and commit it. An existing file is never written.
func CheckGoldens(t TB, c *Catalogue, dir string) {
	t.Helper()
	if c.faults != nil {
		t.Errorf("the catalogue: %v", c.faults)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(c.named)) {
		checkGolden(t, c, name, filepath.Join(dir, name+".json"))
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Errorf("%v", err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".json"); c.named[name].of.name == "" {
			t.Errorf("%s is stored in logs, and the catalogue cannot read it any more", name)
		}
	}
}

func checkGolden(t TB, c *Catalogue, name, file string) {
	t.Helper()
	r := c.named[name]
	current := r.of.name == name
	stored, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && current {
		if err := writeGolden(r.of.of, file); err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		t.Errorf("%s had no golden file; %s was written: look at it and commit it", name, file)
		return
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	data, err := c.Decode(name, stored)
	if err != nil {
		t.Errorf("%s can no longer be read: %v", name, err)
		return
	}
	if !current {
		return
	}
	if missing := unset(reflect.ValueOf(data), "data"); len(missing) > 0 {
		t.Errorf("%s got fields that its golden file does not have: %s. Give it the next version and an upcast.", name, strings.Join(missing, ", "))
	}
	raw, err := marshal(data)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	var was, is bytes.Buffer
	if err := errors.Join(json.Indent(&was, stored, "", "  "), json.Indent(&is, raw, "", "  ")); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if strings.TrimSpace(was.String()) != strings.TrimSpace(is.String()) {
		t.Errorf("%s changed its form: give it the next version and an upcast.\nstored:\n%s\nnow:\n%s", name, was.String(), is.String())
	}
}

func writeGolden(of reflect.Type, file string) error {
	v := reflect.New(of).Elem()
	fill(v, "x", 0)
	raw, err := marshal(v.Interface())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// fill sets every field, so that none is left out of the JSON.
func fill(v reflect.Value, name string, depth int) {
	if depth > 8 || !v.CanSet() {
		return
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2022, 3, 1, 6, 20, 0, 123456000, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name, depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name, depth+1)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), name, depth+1)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, name, depth+1)
		fill(value, name, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name, depth+1)
		}
	default: // an interface or a function: the encoder says what it thinks of it
	}
}

// unset names the fields that a golden file leaves out: a field added to a type shows in no comparison when it is left out of the JSON
// while it is empty.
func unset(v reflect.Value, path string) (missing []string) {
	if v.Type().Implements(reflect.TypeFor[json.Marshaler]()) || v.Type().Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		if v.IsZero() {
			return []string{path}
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Tag.Get("json") != "-" {
				missing = append(missing, unset(v.Field(i), path+"."+f.Name)...)
			}
		}
	case reflect.Slice, reflect.Map:
		if v.Len() == 0 {
			return []string{path}
		}
		if v.Kind() == reflect.Slice {
			return unset(v.Index(0), path+"[]")
		}
		return unset(v.MapIndex(v.MapKeys()[0]), path+"{}")
	case reflect.Pointer:
		if v.IsNil() {
			return []string{path}
		}
		return unset(v.Elem(), path)
	default:
		if v.IsZero() {
			return []string{path}
		}
	}
	return missing
}
