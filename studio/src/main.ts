// Puts the page together: what was put into it, one clock, the body, the words, the timeline, and the keys.
import { Caption } from "./caption";
import { describe, make } from "./card";
import { Clock } from "./clock";
import { audioUrl, bytes, clockText, PHASES, phaseAt, score as readScore, type Placement, type Score } from "./score";
import { Stage, type View } from "./stage";
import { Timeline } from "./timeline";

const EMPTY: Score = { text: "", duration: 0, words: [], rhythm: { fps: 30, activity: [], accents: [] }, placements: [] };
const KEYS: [string, string][] = [
  ["Space", "play or pause"], ["← →", "half a second back or on"], ["Shift ← →", "one frame back or on"], ["Home End", "first or last frame"],
  ["P N", "previous or next gesture"], ["L", "loop"], ["[ ]", "slower or faster"], ["+ −", "less or more time in the timeline"],
  ["1 2 3", "front, three-quarter, side"], ["C", "closer, to hands and face"], ["Drag, wheel", "turn and approach the body; scroll the timeline (Ctrl: zoom)"],
];
const FRAME_S = 1 / 30;

function get<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function notice(text: string): void {
  get("notice").textContent = text;
  get("notice").hidden = false;
}

async function openAudio(): Promise<HTMLAudioElement | null> {
  const url = audioUrl();
  if (!url) return null;
  const audio = new Audio(url);
  const ready = await new Promise<boolean>((resolve) => {
    audio.addEventListener("loadedmetadata", () => resolve(true), { once: true });
    audio.addEventListener("error", () => resolve(false), { once: true });
  });
  if (!ready) notice("This browser cannot play the recording's format; the body moves without sound.");
  return ready ? audio : null;
}

function openStage(): Stage | null {
  try {
    return new Stage(get("canvas"));
  } catch {
    notice("The body cannot be drawn: this browser offers no WebGL 2. Words and gestures are below.");
    return null;
  }
}

async function main(): Promise<void> {
  const score = readScore() ?? EMPTY;
  const glb = bytes("glb");
  if (!glb) notice("This page holds no performance yet: chironomia perform writes one into it.");
  document.title = score.text ? `Chironomia · ${score.text.slice(0, 60)}` : "Chironomia";
  const [audio, stage] = [await openAudio(), openStage()];
  if (glb && stage) await stage.load(glb.buffer);
  const duration = Math.max(score.duration, stage?.duration() ?? 0, audio?.duration ?? 0, 0.1);
  new Player(score, new Clock(duration, audio, notice), stage).start();
}

class Player {
  private readonly timeline: Timeline;
  private readonly caption: Caption;
  private shown = -1;
  private described: Placement | null = null;
  private phase: string | undefined;
  private wasPlaying: boolean | null = null;

  constructor(private readonly score: Score, private readonly clock: Clock, private readonly stage: Stage | null) {
    this.caption = new Caption(get("caption"), score.words);
    this.timeline = new Timeline(get("scroll"), get("track"), get("tip"), score, clock.duration, (time) => this.seek(time));
    Timeline.margin(get("lanes"));
    this.legend();
    this.marks();
    this.buttons();
    this.keys();
  }

  start(): void {
    get("total").textContent = `/ ${clockText(this.clock.duration)}`;
    const frame = (now: number) => {
      this.clock.tick(now);
      this.update();
      this.stage?.render(now);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    // For pages that hold this one, and for tests: time in seconds, and what the buttons do.
    Object.assign(window, {
      chironomia: {
        clock: this.clock,
        play: () => this.clock.play(),
        pause: () => this.clock.pause(),
        seek: (time: number) => this.seek(time),
        look: (view: View) => this.look(view, false),
      },
    });
  }

  private update(): void {
    const { time, playing } = this.clock;
    if (playing !== this.wasPlaying) {
      this.wasPlaying = playing;
      document.body.classList.toggle("playing", playing);
      get("play").setAttribute("aria-label", playing ? "Pause" : "Play");
    }
    if (time === this.shown) return;
    this.shown = time;
    this.stage?.show(time);
    this.timeline.update(time, playing);
    this.caption.update(time);
    get("now").textContent = clockText(time);
    const scrub = get<HTMLInputElement>("scrub");
    scrub.value = String(time);
    scrub.style.setProperty("--part", `${(100 * time) / this.clock.duration}%`);
    scrub.setAttribute("aria-valuetext", `${time.toFixed(1)} seconds`);
    this.card(time);
  }

  /** The gesture under way, in the corner. */
  private card(time: number): void {
    const under = this.score.placements.filter((p) => p.sync.start <= time && time < p.sync.end).sort((a, b) => b.sync.start - a.sync.start)[0] ?? null;
    const phase = under ? phaseAt(under.sync, time) : undefined;
    const card = get("card");
    if (under !== this.described) {
      this.described = under;
      card.hidden = !under;
      if (under) {
        describe(card, this.score, under, true);
        card.prepend(make("div", "phase-now"));
      }
    }
    if (under) {
      const name = PHASES.find((p) => p.label === phase)?.name ?? "hold";
      const label = card.querySelector(".phase-now")!;
      label.textContent = phase ?? "";
      label.className = `phase-now ${name}`;
    }
    this.phase = phase;
  }

  private seek(time: number): void {
    this.clock.seek(time);
    this.update();
    this.timeline.reveal();
  }

  private toggle(): void {
    if (this.clock.playing) this.clock.pause();
    else this.clock.play();
  }

  private look(view: View, smooth = true): void {
    this.stage?.look(view, smooth);
    for (const button of document.querySelectorAll<HTMLElement>("#views [data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  }

  private closer(): void {
    const button = get("closer");
    const close = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(close));
    this.stage?.closer(close);
  }

  private loop(): void {
    this.clock.loop = !this.clock.loop;
    get("loop").setAttribute("aria-pressed", String(this.clock.loop));
  }

  private faster(steps: number): void {
    const select = get<HTMLSelectElement>("speed");
    select.selectedIndex = Math.min(Math.max(select.selectedIndex + steps, 0), select.options.length - 1);
    this.clock.rate = Number(select.value);
  }

  private neighbour(way: 1 | -1): void {
    const starts = this.score.placements.map((placement) => placement.sync.start).sort((a, b) => a - b);
    const next = way > 0 ? starts.find((start) => start > this.clock.time + 0.01) : starts.filter((start) => start < this.clock.time - 0.3).pop();
    if (next !== undefined) this.seek(next);
  }

  private help(): void {
    const dialog = get<HTMLDialogElement>("keys");
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  private legend(): void {
    const parts = PHASES.map((phase) => [`phase ${phase.name}`, phase.label]).concat([["apex", "apex of the stroke"], ["accent stress", "accent"]]);
    get("legend").append(...parts.map(([kind, label]) => {
      const part = make("span");
      part.append(make("i", kind), label!);
      return part;
    }));
    const table = make("dl");
    for (const [key, does] of KEYS) table.append(make("dt", "", key), make("dd", "", does));
    get("keys").append(make("h2", "", "Keys"), table);
  }

  /** Strokes as marks on the scrub bar: where in a long performance something happens. */
  private marks(): void {
    get("marks").append(...this.score.placements.map((placement) => {
      const mark = make("i");
      mark.style.left = `${(100 * placement.sync.stroke) / this.clock.duration}%`;
      return mark;
    }));
  }

  private buttons(): void {
    const scrub = get<HTMLInputElement>("scrub");
    scrub.max = String(this.clock.duration);
    scrub.addEventListener("input", () => this.seek(Number(scrub.value)));
    get("play").addEventListener("click", () => this.toggle());
    get("loop").addEventListener("click", () => this.loop());
    get("closer").addEventListener("click", () => this.closer());
    get("speed").addEventListener("change", () => this.faster(0));
    get("in").addEventListener("click", () => this.timeline.zoomBy(1.5));
    get("out").addEventListener("click", () => this.timeline.zoomBy(1 / 1.5));
    get("help").addEventListener("click", () => this.help());
    get("keys").addEventListener("click", () => get<HTMLDialogElement>("keys").close());
    get("canvas").addEventListener("dblclick", () => this.toggle());
    for (const button of document.querySelectorAll<HTMLElement>("#views [data-view]"))
      button.addEventListener("click", () => this.look(button.dataset.view as View));
    this.look("quarter", false);
  }

  private keys(): void {
    const does: Record<string, (event: KeyboardEvent) => void> = {
      " ": () => this.toggle(),
      ArrowLeft: (event) => this.seek(this.clock.time - (event.shiftKey ? FRAME_S : 0.5)),
      ArrowRight: (event) => this.seek(this.clock.time + (event.shiftKey ? FRAME_S : 0.5)),
      Home: () => this.seek(0),
      End: () => this.seek(this.clock.duration),
      n: () => this.neighbour(1),
      p: () => this.neighbour(-1),
      l: () => this.loop(),
      c: () => this.closer(),
      "[": () => this.faster(-1),
      "]": () => this.faster(1),
      "+": () => this.timeline.zoomBy(1.5),
      "=": () => this.timeline.zoomBy(1.5),
      "-": () => this.timeline.zoomBy(1 / 1.5),
      "1": () => this.look("front"),
      "2": () => this.look("quarter"),
      "3": () => this.look("side"),
      "?": () => this.help(),
    };
    addEventListener("keydown", (event) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target instanceof HTMLSelectElement) return;
      const action = does[event.key] ?? does[event.key.toLowerCase()];
      if (!action || (get<HTMLDialogElement>("keys").open && event.key !== "?")) return;
      event.preventDefault(); // space would press the focused button as well, arrows would move the scrub bar twice
      action(event);
    });
    addEventListener("keyup", (event) => { if (event.key === " ") event.preventDefault(); });
  }
}

void main();
