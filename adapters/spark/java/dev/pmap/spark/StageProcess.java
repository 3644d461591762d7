package dev.pmap.spark;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkFiles;

/**
 * A stage on an executor: pmap with one worker, and our end of its pipes. It lives as long as the executor and is handed from task
 * to task, so that a task costs no start. What goes wrong with it is an exception of the task that has it.
 */
final class StageProcess {
  /** Where pmap and the script are unpacked. */
  static final String ARCHIVE = "pmap-job";
  private static final Deque<StageProcess> IDLE = new ConcurrentLinkedDeque<>();
  /** All that have not been ended, idle ones included. */
  private static final Set<StageProcess> LIVE = ConcurrentHashMap.newKeySet();
  private static final AtomicInteger NUMBERS = new AtomicInteger();
  /** Workers that a stage may start, by their numbers; and stages of an executor. */
  private static final int WORKERS = 1000;
  private static final int STAGES = 1000;
  private static final int LAST_LINES = 8;
  private static final int EXIT_SECONDS = 5;
  /** What idle ones may take to end with their stdin, in milliseconds. */
  private static final int LEAVE_MS = 1500;
  private static final Frame GONE = new Frame(new byte[0], new byte[0]);

  /** What it is called in answers: executor and number. */
  final String name;
  /** What runs it, with its version. */
  String runtime = "";
  private final Process process;
  private final OutputStream toStage;
  private final BlockingQueue<Frame> replies = new ArrayBlockingQueue<>(4);
  private final Deque<String> lastLines = new ArrayDeque<>();
  final File folder;
  /** What reads URIs for its workers, by the names of their FIFOs. */
  private final Map<String, UriServer> servers = new ConcurrentHashMap<>();
  private final Configuration hadoop;
  private volatile String end = "has gone";

  /** The script cannot be used: no other attempt could. */
  static final class Broken extends IOException {
    Broken(String message) {
      super(message);
    }
  }

  /** An idle one, or a new one that has loaded the script. */
  static StageLease take(StageSpec spec) throws IOException, InterruptedException {
    for (StageProcess idle = IDLE.poll(); idle != null; idle = IDLE.poll()) {
      if (idle.process.isAlive()) return new StageLease(idle);
      idle.kill();
    }
    StageProcess stage = new StageProcess(spec);
    try {
      stage.send(spec.open.value());
      Frame opened = stage.receive();
      JsonNode said = opened.json();
      if (opened.is("broken")) throw new Broken(said.path("message").asText());
      stage.runtime = said.path("runtime").asText() + " " + said.path("version").asText();
      return new StageLease(stage);
    } catch (Throwable e) {
      stage.kill();
      throw e;
    }
  }

  /**
   * Ends those of this process, before Spark deletes the files that they run: a worker that is being started would say that they are
   * missing. What a script has printed still comes out.
   */
  static void endAll() {
    List<StageProcess> leaving = new ArrayList<>(IDLE);
    for (StageProcess idle : leaving) idle.endInput();
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LEAVE_MS);
    try {
      for (StageProcess idle : leaving) idle.process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (StageProcess stage : LIVE) stage.kill();
  }

  private void endInput() {
    try {
      toStage.close();
    } catch (IOException e) {
      // It has gone.
    }
  }

  void giveBack() {
    IDLE.push(this);
  }

  private StageProcess(StageSpec spec) throws IOException {
    int number = NUMBERS.getAndIncrement();
    hadoop = spec.hadoop();
    String executor = SparkEnv.get().executorId();
    name = executor + "." + number;
    folder = Files.createTempDirectory(new File(SparkFiles.getRootDirectory()).getCanonicalFile().toPath(), "stage-").toFile();
    // In local mode the executor is called "driver".
    long machine = executor.matches("\\d+") ? Long.parseLong(executor) : 0;
    List<String> argv = new ArrayList<>();
    for (String word : spec.argv) argv.add(placeOf(word));
    argv.add(folder.getPath());
    argv.add(String.valueOf((machine * STAGES + number) * WORKERS));
    if (spec.script != null) argv.add(fileOf(spec.script));
    try {
      process = new ProcessBuilder(argv).directory(folder).start();
    } catch (IOException e) {
      deleteFolder(folder);
      String reason = String.valueOf(e.getMessage()).replaceAll("(?s).*error=\\d+, ", "");
      throw new StageException("Cannot start \"" + argv.get(0) + "\" on " + host() + ": " + reason
          + "\nInstall it on every machine of the cluster, on the PATH of Spark's workers; or send it along: --ship-runtime");
    }
    LIVE.add(this);
    toStage = process.getOutputStream();
    daemon("pmap-stage-out", () -> readReplies(process.getInputStream()));
    daemon("pmap-stage-err", () -> readWords(process.getErrorStream()));
  }

  private static String placeOf(String word) {
    if (word.startsWith("archive:")) return fileOf(word.substring("archive:".length()));
    return word.startsWith("shipped:") ? SparkFiles.get(word.substring("shipped:".length())) : word;
  }

  /** On YARN files land in the working directory, elsewhere below a folder of Spark's own. */
  private static String fileOf(String name) {
    File here = new File(ARCHIVE, name);
    return (here.exists() ? here : new File(SparkFiles.get(ARCHIVE), name)).getAbsolutePath();
  }

  void send(byte[] frame) throws IOException {
    try {
      toStage.write(frame);
      toStage.flush();
    } catch (IOException e) {
      throw died();
    }
  }

  /** The next reply. Spark's interrupt (a cancelled job, a lost race) gets through to here: reading has a thread of its own. */
  Frame receive() throws IOException, InterruptedException {
    Frame reply = replies.take();
    if (reply == GONE) throw died();
    return reply;
  }

  private StageException died() {
    try {
      if (process.waitFor(EXIT_SECONDS, TimeUnit.SECONDS)) {
        int code = process.exitValue();
        end = code > 128 ? "was ended by signal " + (code - 128) : "exited with code " + code;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (lastLines) {
      String words = String.join("\n", lastLines);
      return new StageException("the stage on " + host() + " " + end + (words.isEmpty() ? "" : "\n" + words));
    }
  }

  void kill() {
    LIVE.remove(this);
    process.destroyForcibly();
    // Spark's interrupt must not keep them from ending.
    boolean interrupted = Thread.interrupted();
    for (String fifos : servers.keySet()) endServer(fifos);
    if (interrupted) Thread.currentThread().interrupt();
    deleteFolder(folder);
  }

  private void endServer(String fifos) {
    UriServer server = servers.remove(fifos);
    try {
      if (server != null) server.end();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void readReplies(InputStream from) {
    try {
      InputStream in = new BufferedInputStream(from, 1 << 18);
      for (Frame frame = Frame.read(in); frame != null; frame = Frame.read(in)) {
        if (frame.is("serve")) serve(frame.json());
        else replies.put(frame);
      }
    } catch (IOException e) {
      end = "cannot be understood: " + e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      replies.put(GONE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A worker is there that may read URIs, or has gone. */
  private void serve(JsonNode said) {
    String fifos = said.path("fifos").asText();
    if (said.path("ends").asBoolean()) endServer(fifos);
    else servers.put(fifos, UriServer.start(fifos, hadoop));
  }

  /** What the script prints goes to the executor's log, or to pmap where that is on this machine. */
  private void readWords(InputStream from) {
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!Driver.hears(line)) System.err.println(line);
        synchronized (lastLines) {
          lastLines.add(line);
          if (lastLines.size() > LAST_LINES) lastLines.poll();
        }
      }
    } catch (IOException e) {
      // The process has gone.
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "a machine without a name";
    }
  }

  private static void deleteFolder(File at) {
    File[] files = at.listFiles();
    if (files != null) for (File file : files) deleteFolder(file);
    at.delete();
  }

  private static void daemon(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }
}
