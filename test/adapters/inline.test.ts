import { detectRuntime } from "../../adapters/detect.ts";
import { conformOn } from "../conformance.ts";

await conformOn(detectRuntime(), "inline");
