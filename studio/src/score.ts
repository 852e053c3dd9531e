// The score as this page reads it, and how the page finds what was put into it.

export interface Word {
  word: string;
  start: number;
  end: number;
  stress: number;
}

export interface Sync {
  start: number;
  ready: number;
  stroke_start: number;
  stroke: number;
  stroke_end: number;
  relax: number;
  end: number;
}

export interface Placement {
  call: {
    words: [number, number];
    anchor: number;
    function: string;
    schema: string | null;
    show: string;
    intensity: number;
    confidence: number;
  };
  gesture: string;
  clip: string;
  sync: Sync;
  hands: string;
  amplitude: number;
  locked: boolean;
  reason: string;
  alternatives: { gesture: string; clip: string; score: number }[];
}

export interface Score {
  text: string;
  duration: number;
  words: Word[];
  rhythm: { fps: number; activity: number[]; accents: { time: number; prominence: number; kind: string }[] };
  placements: Placement[];
}

/** The stretches of a gesture that are drawn, in order of time; `from` and `to` are its sync points (Kendon's phases). */
export const PHASES: { name: string; label: string; from: keyof Sync; to: keyof Sync }[] = [
  { name: "preparation", label: "preparation", from: "start", to: "ready" },
  { name: "before", label: "hold before", from: "ready", to: "stroke_start" },
  { name: "stroke", label: "stroke", from: "stroke_start", to: "stroke_end" },
  { name: "hold", label: "hold", from: "stroke_end", to: "relax" },
  { name: "retraction", label: "retraction", from: "relax", to: "end" },
];

/** The phase a gesture is in at `time` seconds, if it is under way. */
export function phaseAt(sync: Sync, time: number): string | undefined {
  return PHASES.find((phase) => sync[phase.from] <= time && time < sync[phase.to])?.label;
}

function block(id: string): HTMLElement | null {
  return document.getElementById(id);
}

/** Bytes of a base64 block of the page, or null where there is none. */
export function bytes(id: string): Uint8Array<ArrayBuffer> | null {
  const text = block(id)?.textContent?.trim();
  if (!text) return null;
  const binary = atob(text);
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i);
  return out;
}

export function score(): Score | null {
  const text = block("score")?.textContent;
  return text ? (JSON.parse(text) as Score) : null;
}

/** The recording as a URL that an audio element plays, or null. */
export function audioUrl(): string | null {
  const data = bytes("audio");
  return data ? URL.createObjectURL(new Blob([data], { type: block("audio")?.dataset.type ?? "audio/wav" })) : null;
}

export function clockText(seconds: number): string {
  const tenths = Math.round(Math.max(0, seconds) * 10);
  return `${Math.floor(tenths / 600)}:${String(Math.floor((tenths % 600) / 10)).padStart(2, "0")}.${tenths % 10}`;
}
