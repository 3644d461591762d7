/** From a part of the input to cursors over its records: what reads it, by how its format is cut. */
import { InternalError } from "../errors.ts";
import type { CodecTools, InputCodec, UnitReader } from "../formats/codec.ts";
import { codecNamed } from "../formats/codecs.ts";
import type { Cursor } from "../formats/cursor.ts";
import type { Dialect } from "../formats/format.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import type { MapRequest, Segment } from "../protocol/messages.ts";
import type { WorkerSettings } from "../protocol/worker-settings.ts";
import { ChunkReader } from "./chunk-reader.ts";
import { OpenSources } from "./open-sources.ts";
import { ScanReader } from "./scan-reader.ts";
import { contentOf } from "./source-content.ts";
import type { TakePart } from "./unreadable.ts";

/** Where the records of a chunk are, beside its own borders. */
export interface ChunkSurroundings {
  readonly batchEnd: number;
  /** Bytes of a stream, and the offset of the first. */
  readonly block: { readonly start: number; readonly bytes: Uint8Array } | undefined;
  readonly dialect: Dialect | undefined;
  /** Does what is no record's work: the batch's clock stands still meanwhile. */
  readonly aside: <T>(work: () => T) => T;
}

export interface RecordReader {
  /**
   * Takes the records that begin in [start, end) of a segment.
   * @returns where the next one begins, if bytes alone do not tell that
   */
  read(at: Segment, around: ChunkSurroundings, take: TakePart): number | undefined;
}

export interface RecordReaders {
  /** What reads a batch. It is a promise where there is something to wait for. */
  readerFor(request: MapRequest): RecordReader | Promise<RecordReader>;
  /** A reader that holds nothing of a batch any longer. */
  giveBack(reader: RecordReader): void;
  /** What is wrong with the source that is being read, as a whole, behind "its". */
  damageOf?: (source: number) => string | undefined;
}

export interface ReaderSetting {
  readonly codec: InputCodec;
  readonly settings: WorkerSettings;
  readonly host: WorkerHost;
  readonly fieldsFor: CodecTools["fieldsFor"];
}

export function createRecordReaders({ codec, settings, host, fieldsFor }: ReaderSetting): RecordReaders {
  const tools: CodecTools = {
    text: host.text,
    options: settings.formatOptions,
    decodeBase64: (base64) => host.decodeBase64(base64),
    encodeBase64: (bytes) => host.encodeBase64(bytes),
    now: host.now,
    fieldsFor,
    codecNamed,
  };
  const { maxRecordBytes } = settings;
  const sources = new OpenSources(settings.sources, host);
  const common = { tools, maxRecordBytes };
  switch (codec.cut) {
    case "line":
      return loading(
        sources,
        idling(() => lineReader(new ChunkReader({ codec, ...common }), sources)),
      );
    case "scan":
      return loading(sources, always(scanReader(new ScanReader({ codec, ...common }), sources, settings)));
    case "loaded": {
      const load = async () => {
        const create = await codec.load();
        return scanReader(new ScanReader({ codec: create(codec.lines()), ...common }), sources, settings);
      };
      return loading(sources, loaded(load));
    }
    case "units": {
      const openInput = (path: string) => host.openInput(path);
      const readSource = (source: Parameters<typeof contentOf>[0]) => contentOf(source, host);
      const { range } = settings;
      const pageCodecs = () => host.pageCodecs();
      const ofUnits = { sources: settings.sources, range, openInput, readSource, pageCodecs };
      return unitReaders(codec.createReader({ ...tools, ...ofUnits }));
    }
  }
}

/** Readers that may have to wait before the first batch. */
function loading(sources: OpenSources, readers: RecordReaders): RecordReaders {
  return {
    ...readers,
    damageOf: (source) => sources.damageOf(source),
    readerFor: (request) => sources.load()?.then(() => readers.readerFor(request)) ?? readers.readerFor(request),
  };
}

/** A batch that is asynchronous still holds its reader's bytes when the next one begins to read. */
function idling(create: () => RecordReader): RecordReaders {
  let idle: RecordReader | undefined = create();
  return {
    readerFor() {
      const reader = idle ?? create();
      idle = undefined;
      return reader;
    },
    giveBack(reader) {
      idle = reader;
    },
  };
}

/** One that keeps nothing of a batch. */
function always(reader: RecordReader): RecordReaders {
  return { readerFor: () => reader, giveBack: () => {} };
}

/** One that is loaded for the first batch. */
function loaded(load: () => Promise<RecordReader>): RecordReaders {
  let reader: Promise<RecordReader> | undefined;
  return {
    readerFor() {
      reader ??= load();
      return reader;
    },
    giveBack: () => {},
  };
}

function lineReader(reader: ChunkReader, sources: OpenSources): RecordReader {
  return {
    read({ source, start, end }, { batchEnd, block, aside }, take) {
      if (block === undefined) reader.readRange(sources.open(source, batchEnd, aside), start, end, batchEnd, take);
      else reader.readBlock(block.bytes, block.start, start, end, take);
      return undefined;
    },
  };
}

function scanReader(reader: ScanReader, sources: OpenSources, settings: WorkerSettings): RecordReader {
  return {
    read({ source, first, end }, { batchEnd, block, dialect, aside }, take) {
      const written = dialect ?? settings.sources[source]?.dialect;
      if (written === undefined || first === undefined) throw new InternalError("the header has not been read");
      if (block === undefined)
        return reader.readRange(sources.open(source, batchEnd, aside), written, first, end, take);
      return reader.readBlock({ bytes: block.bytes, base: block.start }, written, first, end, take);
    },
  };
}

function unitReaders(units: UnitReader): RecordReaders {
  const reading = ({ open }: Pick<UnitReader, "open">): RecordReader => ({
    read(part, { aside }, take) {
      const opened = open(part);
      if (!(Symbol.iterator in opened)) take({ cursor: opened });
      else takeEach(opened[Symbol.iterator](), aside, take);
      return undefined;
    },
  });
  const reader = reading(units);
  return {
    readerFor: ({ segments }) => units.load?.(segments).then(reading) ?? reader,
    giveBack: () => {},
  };
}

function takeEach(cursors: Iterator<Cursor>, aside: ChunkSurroundings["aside"], take: TakePart): void {
  for (;;) {
    const { done, value } = aside(() => cursors.next());
    if (done === true || !take({ cursor: value })) return;
  }
}
