// Numbers, money and times for people.

const LOCALE = "en-US";
const number = new Intl.NumberFormat(LOCALE);
const money = new Intl.NumberFormat(LOCALE, { style: "currency", currency: "USD" });
const day = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

const SIZES = ["B", "KB", "MB", "GB", "TB"];
const AGES: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const DAYS_TOLD_AS_AGE = 7;

export function formatNumber(value: number): string {
  return number.format(value);
}

/** One credit is one US cent. */
export function formatCredits(credits: number): string {
  return `${number.format(credits)} ${Math.abs(credits) === 1 ? "credit" : "credits"}`;
}

export function formatMoney(credits: number): string {
  return money.format(credits / 100);
}

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZES[unit]}`;
}

/** `1:05`, `1:02:03`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const tail = `${hours ? String(minutes).padStart(2, "0") : minutes}:${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${tail}` : tail;
}

export function formatPercent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

export function formatDate(iso: string): string {
  return day.format(new Date(iso));
}

export function formatTime(iso: string): string {
  return moment.format(new Date(iso));
}

/** `3 minutes ago`, `in 2 days`, and a date when that is long ago or far away. */
export function formatAge(iso: string, now: number = Date.now()): string {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
  if (Math.abs(seconds) > DAYS_TOLD_AS_AGE * 86_400) return formatDate(iso);
  for (const [unit, size] of AGES) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return relative.format(0, "second");
}
