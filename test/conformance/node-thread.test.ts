import { detectRuntime } from "../../adapters/detect.ts";
import { conformOn } from "./suite.ts";

// The runner of Node 24 hands its files every option there is, and a thread takes hardly any of them.
if (detectRuntime() === "node") process.execArgv = [];
await conformOn("node", "thread");
