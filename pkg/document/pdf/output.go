package pdf

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
)

// ref is an object's number.
type ref int32

func (r ref) String() string { return strconv.Itoa(int(r)) + " 0 R" }

// output numbers objects and hands them on as they are finished to a goroutine that packs and writes them, in that order: packing
// takes as long as setting. Small objects are packed into object streams (ISO 32000-1, 7.5.7): a long annex has ten of them for
// every row. Whoever makes an output has to stop it.
type output struct {
	file    *file
	jobs    chan job
	done    chan struct{}
	broken  atomic.Bool
	free    chan []byte // buffers that were written
	count   int         // of numbers
	stopped bool
	pack    pack
}

// job is one object to write. Its data belong to the writer from then on.
type job struct {
	ref     ref
	text    string // a plain object, or a stream's dictionary
	data    []byte // of a stream
	stream  bool
	deflate bool
	members []ref // of an object stream
}

// pack is the object stream that is being filled.
type pack struct {
	refs  []ref
	ends  []int
	body  []byte
	index bytes.Buffer
}

const (
	packObjects = 200
	packBytes   = 1 << 17
)

func newOutput(w io.Writer) (*output, error) {
	f, err := newFile(w)
	if err != nil {
		return nil, err
	}
	o := &output{file: f, jobs: make(chan job, 16), done: make(chan struct{}), free: make(chan []byte, 32)}
	go o.run()
	return o, nil
}

func (o *output) run() {
	defer close(o.done)
	for j := range o.jobs {
		o.file.write(j)
		if o.file.err != nil {
			o.broken.Store(true)
		}
		if j.data != nil {
			select {
			case o.free <- j.data[:0]:
			default:
			}
		}
	}
}

// stop ends the writing and tells what failed in it. It may be called again.
func (o *output) stop() error {
	if !o.stopped {
		o.stopped = true
		close(o.jobs)
	}
	<-o.done
	return o.file.err
}

// buffer gives room for a stream's data.
func (o *output) buffer() []byte {
	select {
	case b := <-o.free:
		return b
	default:
		return make([]byte, 0, 1<<14)
	}
}

// alloc takes the next number for an object that is written later.
func (o *output) alloc() ref {
	o.count++
	return ref(o.count)
}

// plain writes an object by itself, where a later signature finds it without unpacking.
func (o *output) plain(r ref, body string) { o.jobs <- job{ref: r, text: body} }

// put writes an object into the object stream.
func (o *output) put(r ref, body []byte) {
	if o.pack.body == nil {
		o.pack.body = o.buffer()
	}
	o.pack.refs = append(o.pack.refs, r)
	o.pack.ends = append(o.pack.ends, len(o.pack.body))
	o.pack.body = append(append(o.pack.body, body...), '\n')
	if len(o.pack.refs) == packObjects || len(o.pack.body) > packBytes {
		o.flushPack()
	}
}

// add writes a new object into the object stream.
func (o *output) add(body string) ref {
	r := o.alloc()
	o.put(r, []byte(body))
	return r
}

func (o *output) flushPack() {
	p := &o.pack
	if len(p.refs) == 0 {
		return
	}
	p.index.Reset()
	for i, r := range p.refs {
		p.index.WriteString(strconv.Itoa(int(r)) + " " + strconv.Itoa(p.ends[i]) + " ")
	}
	data := append(append(o.buffer(), p.index.Bytes()...), p.body...)
	dict := fmt.Sprintf("/Type /ObjStm /N %d /First %d", len(p.refs), p.index.Len())
	o.jobs <- job{ref: o.alloc(), text: dict, data: data, stream: true, deflate: true, members: p.refs}
	p.refs, p.ends, p.body = make([]ref, 0, packObjects), p.ends[:0], p.body[:0]
}

// stream writes a compressed stream; dict has the entries besides length and filter. The data are the writer's from then on.
func (o *output) stream(r ref, dict string, data []byte) {
	o.jobs <- job{ref: r, text: dict, data: data, stream: true, deflate: true}
}

// written writes a stream as it is.
func (o *output) written(r ref, dict string, data []byte) {
	o.jobs <- job{ref: r, text: dict, data: data, stream: true}
}

// finish writes what is packed and where every object is.
func (o *output) finish(root, info ref) error {
	o.flushPack()
	if err := o.stop(); err != nil {
		return err
	}
	return o.file.finish(o.alloc(), root, info)
}
