// Delays by airport: a grouped reduce with all its parts.
//
//   pmap examples/delays.ts examples/data/flights.jsonl
//
// Each worker folds the flights it reads (`initial`, `reduce`), what workers have of one airport is put together
// (`merge`), and each airport becomes one line (`finish`), sorted by its key.
import type { Flight } from "./flights.ts";

interface Delays {
  flights: number;
  minutes: number;
  worst: number;
}

export const map = (flight: Flight) => flight.delay;

export const key = (flight: Flight) => flight.origin;

export const initial: Delays = { flights: 0, minutes: 0, worst: -1000 };

export function reduce(delays: Delays, delay: number): Delays {
  delays.flights++;
  delays.minutes += delay;
  delays.worst = Math.max(delays.worst, delay);
  return delays;
}

export function merge(a: Delays, b: Delays): Delays {
  return { flights: a.flights + b.flights, minutes: a.minutes + b.minutes, worst: Math.max(a.worst, b.worst) };
}

export function finish({ flights, minutes, worst }: Delays, airport: string) {
  return { airport, flights, mean: Math.round((minutes / flights) * 10) / 10, worst };
}
