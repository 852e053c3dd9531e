// Words, rhythm and gestures on one axis of time. Places are CSS: left = seconds × --pps pixels, so zooming moves no element by hand.
import { describe, make } from "./card";
import { clockText, PHASES, type Placement, type Score } from "./score";

const WORD_FONT = '500 13px ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';
const COMFORTABLE_PPS = 195; // pixels a second at which most words fit their time
const MOST_PPS = 1200;
const FAR_PPS = 24; // below, a gesture is a speck: no apex is drawn
const LANE_NAMES = ["", "words", "rhythm", "gestures"];

function at<T extends HTMLElement>(element: T, from: number, to?: number): T {
  element.style.setProperty("--t", String(from));
  if (to !== undefined) element.style.setProperty("--d", String(to - from));
  return element;
}

/** Rows such that gestures in one row do not overlap: each takes the first row that is free again. */
function packed(placements: Placement[]): Map<Placement, number> {
  const free: number[] = [];
  const rows = new Map<Placement, number>();
  for (const placement of [...placements].sort((a, b) => a.sync.start - b.sync.start)) {
    let row = free.findIndex((end) => end <= placement.sync.start + 0.02);
    if (row < 0) row = free.push(0) - 1;
    free[row] = placement.sync.end;
    rows.set(placement, row);
  }
  return rows;
}

export class Timeline {
  private readonly playhead = make("div", "playhead");
  private readonly words: HTMLElement[] = [];
  private readonly bars: HTMLElement[] = [];
  private readonly widths: number[] = [];
  private readonly rows: Map<Placement, number>;
  private ruler = make("div", "lane ruler");
  private pps = COMFORTABLE_PPS;
  private current = -1;
  private time = 0;
  private touched = -1e9; // when the reader last scrolled by hand

  constructor(
    private readonly scroll: HTMLElement,
    private readonly track: HTMLElement,
    private readonly tip: HTMLElement,
    private readonly score: Score,
    private readonly duration: number,
    private readonly seek: (time: number) => void,
  ) {
    this.rows = packed(score.placements);
    this.track.style.setProperty("--duration", String(duration));
    this.track.style.setProperty("--rows", String(Math.max(1, ...[...this.rows.values()].map((row) => row + 1))));
    this.track.append(this.ruler, this.wordLane(), this.rhythmLane(), this.gestureLane(), this.playhead);
    this.listen();
    this.zoomTo(Math.max(this.least(), COMFORTABLE_PPS), 0);
    new ResizeObserver(() => this.zoomTo(this.pps, this.time)).observe(scroll);
  }

  /** Names of the lanes, for the margin. */
  static margin(element: HTMLElement): void {
    element.append(...LANE_NAMES.map((name) => make("span", `margin-${name || "ruler"}`, name)));
  }

  /** Put the playhead at `time`, light up what is happening, and scroll along while playing. */
  update(time: number, playing: boolean): void {
    this.time = time;
    this.playhead.style.transform = `translateX(${time * this.pps}px)`;
    const current = this.score.words.findIndex((word, i) => word.start <= time && time < Math.max(word.end, Math.min(this.score.words[i + 1]?.start ?? word.end, word.end + 0.15)));
    if (current !== this.current) {
      this.words[this.current]?.classList.remove("now");
      this.words[current]?.classList.add("now");
      this.current = current;
    }
    this.score.placements.forEach((placement, i) => this.bars[i]!.classList.toggle("now", placement.sync.start <= time && time < placement.sync.end));
    if (playing) this.along();
  }

  /** Bring the playhead into sight, after a jump. */
  reveal(): void {
    const x = this.time * this.pps;
    const { scrollLeft, clientWidth } = this.scroll;
    if (x < scrollLeft + 40 || x > scrollLeft + clientWidth - 80) this.scroll.scrollLeft = x - clientWidth * 0.35;
  }

  zoomBy(factor: number, time = this.time): void {
    this.zoomTo(this.pps * factor, time);
  }

  private least(): number {
    return Math.max(1, (this.scroll.clientWidth - 8) / this.duration);
  }

  private zoomTo(pps: number, time: number): void {
    const offset = time * this.pps - this.scroll.scrollLeft;
    this.pps = Math.min(Math.max(pps, this.least()), Math.max(MOST_PPS, this.least()));
    this.track.style.setProperty("--pps", String(this.pps));
    this.track.classList.toggle("far", this.pps < FAR_PPS);
    this.scroll.scrollLeft = time * this.pps - offset;
    this.drawRuler();
    this.fitWords();
    this.fitLabels();
    this.update(this.time, false);
  }

  private along(): void {
    if (performance.now() - this.touched < 2500) return;
    const wanted = this.time * this.pps - this.scroll.clientWidth * 0.4;
    this.scroll.scrollLeft += (wanted - this.scroll.scrollLeft) * 0.12;
  }

  private drawRuler(): void {
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60].find((seconds) => seconds * this.pps >= 64) ?? 120;
    const ticks: HTMLElement[] = [];
    for (let i = 0; i * step <= this.duration + 1e-6; i++) {
      const seconds = i * step;
      ticks.push(at(make("span", "tick", step < 1 ? clockText(seconds) : clockText(seconds).slice(0, -2)), seconds));
    }
    this.ruler.replaceChildren(...ticks);
  }

  private wordLane(): HTMLElement {
    const lane = make("div", "lane words");
    const pen = document.createElement("canvas").getContext("2d")!;
    pen.font = WORD_FONT;
    for (const word of this.score.words) {
      const element = at(make("button", "word"), word.start, word.end);
      element.append(make("span", "", word.word));
      element.tabIndex = -1;
      element.title = `${word.word}  ${word.start.toFixed(2)}–${word.end.toFixed(2)} s`;
      element.addEventListener("click", (event) => { event.stopPropagation(); this.seek(word.start); });
      this.words.push(element);
      this.widths.push(pen.measureText(word.word).width);
      lane.append(element);
    }
    return lane;
  }

  /** Words take the room up to the next word; long ones shrink a little, then are cut, and vanish where nothing would be readable. */
  private fitWords(): void {
    this.score.words.forEach((word, i) => {
      const room = ((this.score.words[i + 1]?.start ?? word.end + 0.5) - word.start) * this.pps - 4;
      const share = room / (this.widths[i] ?? 1);
      const element = this.words[i]!;
      element.style.fontSize = `${Math.max(9, Math.min(13, 13 * share)).toFixed(1)}px`;
      element.classList.toggle("bare", room < 12);
      element.style.setProperty("--room", `${Math.max(room, 0).toFixed(1)}px`);
    });
  }

  /** A gesture's name may run on until the next gesture of its row. */
  private fitLabels(): void {
    const inOrder = [...this.rows.keys()];
    this.score.placements.forEach((placement, i) => {
      const row = this.rows.get(placement);
      const next = inOrder.find((other) => this.rows.get(other) === row && other.sync.start > placement.sync.start);
      const end = next?.sync.start ?? this.duration;
      const room = (end - placement.sync.start) * this.pps - 6;
      this.bars[i]!.style.setProperty("--room", `${room.toFixed(1)}px`);
      this.bars[i]!.classList.toggle("bare", room < 24);
    });
  }

  private rhythmLane(): HTMLElement {
    const lane = make("div", "lane rhythm");
    const { activity, fps, accents } = this.score.rhythm;
    if (activity.length > 1) {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("viewBox", `0 0 ${this.duration} 1`);
      svg.setAttribute("preserveAspectRatio", "none");
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const points = activity.map((value, i) => `L${(i / fps).toFixed(3)} ${(1 - 0.85 * value).toFixed(3)}`);
      path.setAttribute("d", `M0 1${points.join("")}L${((activity.length - 1) / fps).toFixed(3)} 1Z`);
      svg.append(path);
      lane.append(svg);
    }
    for (const accent of accents) {
      const tick = at(make("i", `accent ${accent.kind}`), accent.time);
      tick.style.setProperty("--p", String(accent.prominence));
      lane.append(tick);
    }
    return lane;
  }

  private gestureLane(): HTMLElement {
    const lane = make("div", "lane gestures");
    for (const placement of this.score.placements) {
      const { sync } = placement;
      const bar = at(make("button", "gesture"), sync.start, sync.end);
      bar.style.setProperty("--row", String(this.rows.get(placement) ?? 0));
      bar.setAttribute("aria-label", `${placement.gesture}, stroke at ${sync.stroke.toFixed(2)} seconds`);
      const phases = make("i", "phases");
      for (const phase of PHASES) {
        if (sync[phase.to] <= sync[phase.from]) continue;
        const part = make("i", `phase ${phase.name}`);
        part.style.setProperty("--from", String(sync[phase.from] - sync.start));
        part.style.setProperty("--d", String(sync[phase.to] - sync[phase.from]));
        phases.append(part);
      }
      const apex = make("i", "apex");
      apex.style.setProperty("--from", String(sync.stroke - sync.start));
      bar.append(make("span", "", placement.gesture), phases, apex);
      const stem = at(make("i", "stem"), sync.stroke);
      stem.style.setProperty("--row", String(this.rows.get(placement) ?? 0));
      this.describeOn(bar, placement);
      bar.addEventListener("click", (event) => { event.stopPropagation(); this.seek(sync.start); });
      this.bars.push(bar);
      lane.append(stem, bar);
    }
    return lane;
  }

  private describeOn(bar: HTMLElement, placement: Placement): void {
    const show = () => {
      describe(this.tip, this.score, placement, false);
      this.tip.hidden = false;
      const box = bar.getBoundingClientRect();
      const seen = this.scroll.getBoundingClientRect();
      const middle = (Math.max(box.left, seen.left) + Math.min(box.right, seen.right)) / 2;
      const left = Math.min(Math.max(middle - this.tip.offsetWidth / 2, 8), innerWidth - this.tip.offsetWidth - 8);
      this.tip.style.left = `${left}px`;
      this.tip.style.top = `${Math.max(8, seen.top - this.tip.offsetHeight - 6)}px`;
    };
    const hide = () => { this.tip.hidden = true; };
    bar.addEventListener("pointerenter", show);
    bar.addEventListener("pointerleave", hide);
    bar.addEventListener("focus", () => { if (bar.matches(":focus-visible")) show(); });
    bar.addEventListener("blur", hide);
  }

  private listen(): void {
    const timeOf = (event: PointerEvent | WheelEvent) => (event.clientX - this.track.getBoundingClientRect().left) / this.pps;
    const touch = () => { this.touched = performance.now(); };
    this.scroll.addEventListener("wheel", (event) => {
      touch();
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.zoomBy(Math.exp(-event.deltaY * 0.004), timeOf(event));
      } else if (Math.abs(event.deltaY) > Math.abs(event.deltaX) && this.scroll.scrollHeight <= this.scroll.clientHeight) {
        event.preventDefault();
        this.scroll.scrollLeft += event.deltaY;
      }
    }, { passive: false });
    this.scroll.addEventListener("pointerdown", (event) => { if (event.target === this.scroll) touch(); });
    this.track.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || (event.target as Element).closest("button")) return;
      this.track.setPointerCapture(event.pointerId);
      this.seek(timeOf(event));
    });
    this.track.addEventListener("pointermove", (event) => { if (this.track.hasPointerCapture(event.pointerId)) this.seek(timeOf(event)); });
  }
}
