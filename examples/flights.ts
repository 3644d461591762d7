// Derives fields: one object in, one object out.
//
//   pmap examples/flights.ts examples/data/flights.jsonl
//   pmap examples/flights.ts examples/data/flights.jsonl -o routes.jsonl
//
// `ctx.count` counts over all workers; the counters come out with the summary, on stderr.
import type { Context } from "pmap-cli";

export interface Flight {
  date: string;
  delay: number;
  distance: number;
  origin: string;
  destination: string;
}

export default function map(flight: Flight, ctx: Context) {
  const late = flight.delay > 15;
  if (late) ctx.count("late");
  return {
    route: `${flight.origin}-${flight.destination}`,
    hour: Number(flight.date.slice(11, 13)),
    km: Math.round(flight.distance * 1.609344),
    late,
  };
}
