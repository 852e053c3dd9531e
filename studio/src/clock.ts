// One time for body, words and sound. The recording leads while it plays; where there is none, or it ended, the wall clock does.

export class Clock {
  time = 0;
  playing = false;
  loop = false;
  duration: number;
  private rate_ = 1;
  private last = 0;

  constructor(duration: number, private readonly audio: HTMLAudioElement | null, private readonly silent: (why: string) => void) {
    this.duration = duration;
  }

  get rate(): number {
    return this.rate_;
  }

  set rate(rate: number) {
    this.rate_ = rate;
    if (this.audio) this.audio.playbackRate = rate;
  }

  play(): void {
    if (this.playing) return;
    if (this.time >= this.duration - 1e-3) this.time = 0;
    this.playing = true;
    this.last = performance.now();
    this.sound();
  }

  pause(): void {
    this.playing = false;
    this.audio?.pause();
  }

  seek(time: number): void {
    this.time = Math.min(Math.max(time, 0), this.duration);
    if (this.playing) this.sound();
  }

  /** Move on to `now` (milliseconds of performance.now). */
  tick(now: number): void {
    const step = (Math.max(0, now - this.last) / 1000) * this.rate_;
    this.last = now;
    if (!this.playing) return;
    this.time = this.audible() ? this.audio!.currentTime : this.time + step;
    if (this.time < this.duration) return;
    if (this.loop) this.seek(0);
    else {
      this.time = this.duration;
      this.pause();
    }
  }

  private audible(): boolean {
    const audio = this.audio;
    return audio !== null && !audio.paused && !audio.ended && !audio.seeking && audio.readyState >= 2;
  }

  private sound(): void {
    const audio = this.audio;
    if (!audio || !(this.time < audio.duration)) {
      audio?.pause();
      return;
    }
    audio.currentTime = this.time;
    audio.playbackRate = this.rate_;
    audio.play().catch((error: DOMException) => {
      if (error.name !== "AbortError") this.silent("The sound cannot be played here; the body moves without it.");
    });
  }
}
