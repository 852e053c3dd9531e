// What is to say about one gesture, as text: used for the one under the pointer and the one under way.
import { PHASES, type Placement, type Score } from "./score";

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

function row(name: string, value: string): HTMLElement {
  const line = make("div", "row");
  line.append(make("span", "name", name), make("span", "value", value));
  return line;
}

/** Fill `card` with what the score says of a placement; `brief` leaves out times and alternatives. */
export function describe(card: HTMLElement, score: Score, placement: Placement, brief: boolean): void {
  const { call, sync } = placement;
  const head = make("div", "head");
  head.append(make("strong", "", placement.gesture));
  if (placement.locked) head.append(make("span", "badge", "locked"));
  const kinds = make("div", "kinds");
  for (const kind of [call.schema, call.function]) if (kind) kinds.append(make("span", "badge", kind.toLowerCase()));
  const sure = make("div", "meter");
  const bar = make("i");
  bar.style.width = `${100 * call.confidence}%`;
  sure.append(bar);
  const confidence = row("confidence", percent(call.confidence));
  confidence.append(sure);
  const parts: HTMLElement[] = [head, kinds, confidence, row("on", score.words[call.anchor]?.word ?? "–"), row("hands", placement.hands)];
  if (!brief) {
    parts.push(row("size", `${placement.amplitude.toFixed(2)}×`), row("stroke at", `${sync.stroke.toFixed(2)} s`));
    const lasting = PHASES.filter((phase) => sync[phase.to] - sync[phase.from] > 0.005);
    parts.push(row("phases", lasting.map((phase) => `${phase.label} ${(sync[phase.to] - sync[phase.from]).toFixed(2)} s`).join(", ")));
  }
  if (call.show) parts.push(make("p", "show", call.show));
  if (placement.reason) parts.push(make("p", "reason", placement.reason));
  if (!brief && placement.alternatives.length)
    parts.push(row("or", placement.alternatives.slice(0, 4).map((other) => other.gesture).join(", ")));
  card.replaceChildren(...parts);
}
