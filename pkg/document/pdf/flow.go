package pdf

// item is a piece of a column that never splits.
type item struct {
	height int
	before int                  // space above, left out at a page's top
	keep   bool                 // no page break after it
	draw   func(p *page, y int) // y is the item's top
	head   []item               // drawn above it when it is the first of a page: a table's heading
	drawn  func()               // called after it is drawn, or nil
}

// frame is where on a page the column stands.
type frame struct {
	width, height     int // of the page
	left, top, column int
	bottom            int // lowest y
}

// flow breaks a column over pages as its items come. It holds back what may still change: items of the page that is not full
// yet, and the last two, which the signature may have to be kept with.
type flow struct {
	frame   func(n int) frame // of page n, from 1
	begin   func(n int) *page
	end     func(p *page)
	pages   int
	pending []item
	used    int // height of pending
	held    []item
}

func (f *flow) push(it item) {
	f.held = append(f.held, it)
	if len(f.held) > 2 {
		it = f.held[0]
		f.held = f.held[1:]
		f.take(it)
	}
}

// keepLast keeps the last items together with what comes next.
func (f *flow) keepLast() {
	for i := range f.held {
		f.held[i].keep = true
	}
}

func (f *flow) take(it item) {
	if len(f.pending) > 0 && f.used+it.before+it.height > f.room() {
		f.breakPage()
		f.take(it)
		return
	}
	if len(f.pending) > 0 {
		f.used += it.before
	} else {
		f.used = 0
		for _, h := range it.head {
			f.used += h.height
		}
	}
	f.used += it.height
	f.pending = append(f.pending, it)
}

func (f *flow) room() int {
	fr := f.frame(f.pages + 1)
	return fr.bottom - fr.top
}

// breakPage draws the page up to the last place where a break is allowed; if there is none, all of it.
func (f *flow) breakPage() {
	last := len(f.pending) - 1
	for i := last; i >= 0; i-- {
		if !f.pending[i].keep {
			last = i
			break
		}
	}
	rest := append([]item(nil), f.pending[last+1:]...)
	f.drawPage(f.pending[:last+1])
	f.pending = nil
	for _, it := range rest {
		f.take(it)
	}
}

func (f *flow) drawPage(items []item) {
	f.pages++
	p := f.begin(f.pages)
	y := f.frame(f.pages).top
	for _, h := range items[0].head {
		h.draw(p, y)
		y += h.height
	}
	for i, it := range items {
		if i > 0 {
			y += it.before
		}
		it.draw(p, y)
		y += it.height
		if it.drawn != nil {
			it.drawn()
		}
	}
	f.end(p)
}

// close draws what is left.
func (f *flow) close() {
	for _, it := range f.held {
		f.take(it)
	}
	f.held = nil
	if len(f.pending) > 0 {
		f.drawPage(f.pending)
		f.pending = nil
	}
}
