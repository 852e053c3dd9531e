// The sentence being said, a line or two at a time, its current word lit up.
import { make } from "./card";
import type { Word } from "./score";

const LONGEST = 14; // words in a caption: about two short lines

/** Half-open spans of words to show together: sentences, cut at commas or length where they are long. */
function captions(words: Word[]): [number, number][] {
  const spans: [number, number][] = [];
  let first = 0;
  words.forEach((word, i) => {
    const length = i + 1 - first;
    const ends = /[.!?…]["'”’)]*$/.test(word.word) || length >= LONGEST || (length >= 7 && /[,;:—–]$/.test(word.word));
    if (ends || i === words.length - 1) {
      spans.push([first, i + 1]);
      first = i + 1;
    }
  });
  return spans;
}

export class Caption {
  private readonly spans: [number, number][];
  private shown = -1;

  constructor(private readonly element: HTMLElement, private readonly words: Word[]) {
    this.spans = captions(words);
  }

  update(time: number): void {
    const lead = 0.25; // seconds: a line appears a little before it is said
    let index = -1;
    this.spans.forEach(([first], i) => { if (this.words[first]!.start - lead <= time) index = i; });
    const last = this.spans[index] && this.words[this.spans[index]![1] - 1]!.end;
    if (last !== undefined && time > last + 1.5) index = -1;
    if (index !== this.shown) this.fill(index);
    const first = this.spans[index]?.[0] ?? 0;
    [...this.element.children].forEach((part, i) => {
      const word = this.words[first + i]!;
      part.classList.toggle("now", word.start <= time && time < word.end + 0.08);
      part.classList.toggle("said", word.end + 0.08 <= time);
    });
  }

  private fill(index: number): void {
    this.shown = index;
    const [first, after] = this.spans[index] ?? [0, 0];
    this.element.replaceChildren(...this.words.slice(first, after).map((word) => make("span", "", word.word)));
  }
}
