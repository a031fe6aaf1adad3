// How loud the microphone is, for the meter.

export interface Level {
  /** Root mean square of the last 40 ms in decibels of full scale, −60 (silence) to 0. */
  decibels: () => number;
}

export const SILENCE_DECIBELS = -60;
const SAMPLES = 2048;

export function measureLevel(stream: MediaStream, context: AudioContext): Level {
  const analyser = context.createAnalyser();
  analyser.fftSize = SAMPLES;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(SAMPLES);
  return {
    decibels: () => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / SAMPLES;
      return Math.max(SILENCE_DECIBELS, Math.min(0, 10 * Math.log10(power || 1e-9)));
    },
  };
}
