package dev.pmap.spark;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.zip.CRC32;

/** The sorted runs of a task, in files of its stage. */
final class RunFiles {
  private static final int READ_BYTES = 1 << 18;
  /** What no runs are known by. */
  static final String NONE = known(0, new CRC32());

  private final StageLease lease;
  private final Answer answer;
  private final JsonNode runs;

  RunFiles(StageLease lease, Answer answer) throws IOException {
    this.lease = lease;
    this.answer = answer;
    runs = answer.runs.json().path("runs");
  }

  /** What runs are known by: made again they must be the same. */
  static String known(long bytes, CRC32 crc) {
    return bytes + "-" + Long.toHexString(crc.getValue());
  }

  /** The answer, the index, and the bytes of one run after the other; behind the last the stage is free. */
  Iterator<byte[]> elements() throws IOException {
    byte[] first = answer.toBytes(sum());
    return new Iterator<byte[]>() {
      private int next = -2;

      @Override public boolean hasNext() {
        return next < runs.size();
      }

      @Override public byte[] next() {
        int at = next++;
        if (at == -2) return first;
        if (at == -1) return answer.runs.head;
        try {
          byte[] bytes = read(runs.path(at));
          if (!hasNext()) end();
          return bytes;
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  private String sum() throws IOException {
    CRC32 crc = new CRC32();
    long bytes = 0;
    byte[] buffer = new byte[READ_BYTES];
    for (JsonNode run : runs) {
      try (RandomAccessFile file = open(run, "r")) {
        long left = run.path("end").asLong() - run.path("start").asLong();
        bytes += left;
        for (; left > 0; left -= Math.min(left, buffer.length)) {
          int count = (int) Math.min(left, buffer.length);
          file.readFully(buffer, 0, count);
          crc.update(buffer, 0, count);
        }
      }
    }
    return known(bytes, crc);
  }

  private static byte[] read(JsonNode run) throws IOException {
    byte[] bytes = new byte[Math.toIntExact(run.path("end").asLong() - run.path("start").asLong())];
    try (RandomAccessFile file = open(run, "r")) {
      file.readFully(bytes);
    }
    return bytes;
  }

  private static RandomAccessFile open(JsonNode run, String mode) throws IOException {
    RandomAccessFile file = new RandomAccessFile(run.path("path").asText(), mode);
    file.seek(run.path("start").asLong());
    return file;
  }

  /** A worker writes on where it has ended: what is cut off before that is a hole, which takes no room on the disk. */
  private void end() throws IOException {
    Set<String> cut = new HashSet<>();
    for (JsonNode run : runs) {
      if (!cut.add(run.path("path").asText())) continue;
      try (RandomAccessFile file = open(run, "rw")) {
        file.setLength(0);
      }
    }
    lease.giveBack();
  }
}
