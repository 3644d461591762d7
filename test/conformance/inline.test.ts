import { detectRuntime } from "../../adapters/detect.ts";
import { conformOn } from "./suite.ts";

await conformOn(detectRuntime(), "inline");
