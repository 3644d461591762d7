package dev.pmap.spark;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Reads files for a process that knows only disks: it asks on one FIFO, and we answer on the other (adapters/shared/uri-files.ts).
 * It ends when that process has gone.
 */
final class UriServer implements Runnable {
  private static final int HEAD = 4;
  private static final int FAILED = -1;
  private static final int TRIES = 100;
  private static final int TRY_MS = 20;

  private final File ask;
  private final File answer;
  private final Configuration hadoop;
  private final Thread thread;
  /** The file that was read last, and where it is in it. */
  private String uri;
  private FSDataInputStream file;
  private byte[] buffer = new byte[0];

  static UriServer start(String fifos, Configuration hadoop) {
    UriServer server = new UriServer(fifos, hadoop);
    server.thread.start();
    return server;
  }

  private UriServer(String fifos, Configuration hadoop) {
    ask = new File(fifos + ".ask");
    answer = new File(fifos + ".answer");
    this.hadoop = hadoop;
    thread = new Thread(this, "pmap-uris");
    thread.setDaemon(true);
  }

  /** The process has gone, which may have been before it opened its ends: then we wait for them until others are there. */
  void end() throws InterruptedException {
    for (int i = 0; i < TRIES && thread.isAlive(); i++) {
      for (File fifo : new File[] {ask, answer}) {
        try {
          if (fifo.exists()) new RandomAccessFile(fifo, "rw").close();
        } catch (IOException e) {
          // It has been deleted meanwhile.
        }
      }
      thread.join(TRY_MS);
    }
  }

  @Override public void run() {
    try (DataInputStream in = new DataInputStream(new BufferedInputStream(new FileInputStream(ask)));
        OutputStream out = new FileOutputStream(answer)) {
      for (;;) {
        byte[] request = new byte[in.readInt()];
        in.readFully(request);
        reply(Frame.JSON.readTree(request), out);
      }
    } catch (EOFException e) {
      // The process has gone.
    } catch (IOException e) {
      System.err.println("pmap: " + e);
    } finally {
      close();
      ask.delete();
      answer.delete();
    }
  }

  private void reply(JsonNode request, OutputStream out) throws IOException {
    int count;
    try {
      count = request.path("op").asText().equals("read") ? read(request) : stat(request);
    } catch (IOException | RuntimeException e) {
      close();
      byte[] words = HadoopFiles.reasonOf(e).getBytes(StandardCharsets.UTF_8);
      out.write(ByteBuffer.allocate(2 * HEAD + words.length).putInt(FAILED).putInt(words.length).put(words).array());
      return;
    }
    ByteBuffer.wrap(buffer).putInt(count);
    out.write(buffer, 0, HEAD + count);
  }

  /** Puts what is asked for behind the head in the buffer. */
  private int read(JsonNode request) throws IOException {
    int length = request.path("length").asInt();
    long position = request.path("position").asLong();
    open(request.path("uri").asText());
    if (buffer.length < HEAD + length) buffer = new byte[HEAD + length];
    if (file.getPos() != position) file.seek(position);
    int count = 0;
    while (count < length) {
      int read = file.read(buffer, HEAD + count, length - count);
      if (read < 0) break;
      count += read;
    }
    return count;
  }

  private int stat(JsonNode request) throws IOException {
    Path path = new Path(request.path("uri").asText());
    byte[] json = Frame.JSON.writeValueAsBytes(HadoopFiles.identityOf(path.getFileSystem(hadoop).getFileStatus(path)));
    if (buffer.length < HEAD + json.length) buffer = new byte[HEAD + json.length];
    System.arraycopy(json, 0, buffer, HEAD, json.length);
    return json.length;
  }

  private void open(String wanted) throws IOException {
    if (wanted.equals(uri)) return;
    close();
    Path path = new Path(wanted);
    FileSystem system = path.getFileSystem(hadoop);
    file = system.open(path);
    uri = wanted;
  }

  private void close() {
    uri = null;
    if (file == null) return;
    try {
      file.close();
    } catch (IOException e) {
      // It was only read.
    }
    file = null;
  }
}
