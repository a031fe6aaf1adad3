// Runs in the browser's audio thread: hands the samples of the first channel to the page, a fifth of a second at a time.
class Pcm extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(Math.round(sampleRate / 5));
    this.filled = 0;
    this.port.onmessage = () => this.flush(true);
  }

  process([channels]) {
    const samples = channels[0];
    if (!samples) return true;
    for (const sample of samples) {
      this.block[this.filled++] = sample;
      if (this.filled === this.block.length) this.flush(false);
    }
    return true;
  }

  flush(isLast) {
    this.port.postMessage({ samples: this.block.slice(0, this.filled), isLast });
    this.filled = 0;
  }
}

registerProcessor("pcm", Pcm);
