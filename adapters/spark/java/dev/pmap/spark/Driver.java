package dev.pmap.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.spark.SparkConf;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;
import scala.collection.Iterator;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * The driver: it has Spark do what pmap, at the other end of our pipes, asks for, and decides nothing. It ends with its stdin,
 * however that comes: no job outlives pmap.
 *
 *     open -> opened; then run, any number of them, each answered by one answer for each task, and ended or failed; cancel
 */
public final class Driver {
  /** How long Spark may take to stop when pmap has gone. */
  private static final int STOP_MS = 8000;
  /** How often a task may be lost, where Spark would not try again. */
  private static final int LOCAL_FAILURES = 4;
  private static final String STOPPED = "Spark has stopped: the cluster does not answer, or has ended the application"
      + "\nIts log says more: --conf spark.pmap.log=FILE";
  private static final Frame END = new Frame(new byte[0], new byte[0]);

  /** The property of Spark's jobs that says which wave they are. */
  static final String WAVE = "pmap.wave";

  /** How long a wave waits for the one before it to be known to Spark, which runs jobs in the order in which it gets them. */
  private static final int TURN_MS = 1000;
  private static final Semaphore TURN = new Semaphore(1);
  private static final BlockingQueue<Frame> ASKED = new LinkedBlockingQueue<>();
  private static OutputStream toPmap;
  private static JavaSparkContext spark;
  private static StageSpec spec;
  /** Where the job has a key. */
  private static Groups groups;
  private static HadoopFiles files;
  /** Fetches what executors hold, whatever else is asked. */
  private static final ExecutorService FETCHES = Executors.newSingleThreadExecutor();
  private static final HeldOutput HELD = new HeldOutput();

  private Driver() {}

  public static void main(String[] args) throws Exception {
    toPmap = new FileOutputStream(FileDescriptor.out);
    // What Spark prints is log.
    System.setOut(System.err);
    daemon("pmap-asks", Driver::listen);
    try {
      spark = new JavaSparkContext(configuration());
    } catch (Throwable e) {
      tell(head("unready").put("message", reasonOf(e)));
      System.exit(1);
    }
    spark.sc().addSparkListener(new Listener(spark));
    files = new HadoopFiles(spark.hadoopConfiguration());
    tell(head("ready").put("version", spark.version()).put("master", spark.master()).put("slots", spark.defaultParallelism())
        .put("ui", spark.sc().uiWebUrl().isDefined() ? spark.sc().uiWebUrl().get() : ""));
    // That of a local master is there before the listener.
    if (spark.sc().isLocal()) Listener.tellExecutor("driver", "localhost", spark.defaultParallelism());
    for (Frame asked = ASKED.take(); asked != END && !asked.is("stop"); asked = ASKED.take()) {
      Frame frame = asked;
      if (frame.is("cancel")) spark.sc().cancelAllJobs();
      else if (frame.is("open")) open(frame);
      else if (frame.is("shuffle")) groups.shuffle(frame.json().path("cuts"), frame.json().path("kept"));
      else if (frame.is("files")) files.ask(frame);
      else {
        TURN.tryAcquire(TURN_MS, TimeUnit.MILLISECONDS);
        daemon("pmap-run", () -> run(frame));
      }
    }
    spark.sc().cancelAllJobs();
    OutputFolder output = files.output();
    if (output != null) output.discard();
    StageProcess.endAll();
    spark.stop();
    // What an attempt was just about to make.
    if (output != null) output.discard();
    System.exit(0);
  }

  private static SparkConf configuration() {
    SparkConf conf = new SparkConf();
    // A task of a local master that is lost is not tried again, unless the master says how often.
    Matcher local = Pattern.compile("local(?:\\[([^,\\]]+)\\])?").matcher(conf.get("spark.master", "local[*]"));
    if (local.matches()) conf.setMaster("local[" + (local.group(1) == null ? "1" : local.group(1)) + "," + LOCAL_FAILURES + "]");
    return conf;
  }

  private static void listen() {
    try {
      InputStream in = new BufferedInputStream(new FileInputStream(FileDescriptor.in), 1 << 16);
      for (Frame frame = Frame.read(in); frame != null; frame = Frame.read(in)) {
        if (frame.is("fetch")) fetch(frame.json().path("held").asText());
        else ASKED.add(frame);
      }
    } catch (IOException e) {
      System.err.println("pmap: " + e.getMessage());
    }
    ASKED.add(END);
    try {
      // Spark may be waiting for a cluster, or for what is under way.
      Thread.sleep(STOP_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(1);
  }

  private static void fetch(String held) {
    FETCHES.execute(() -> HELD.tellNext(held));
  }

  /** A wave has begun: it is the next one's turn. */
  static void begun() {
    TURN.drainPermits();
    TURN.release();
  }

  /** Passes on what a script prints, where the executor is in this process. */
  static boolean hears(String line) {
    if (toPmap == null) return false;
    tell(head("said").put("line", line));
    return true;
  }

  static ObjectNode head(String type) {
    return Frame.JSON.createObjectNode().put("type", type);
  }

  static void tell(ObjectNode head) {
    tell(Frame.of(head).toBytes());
  }

  static void tell(ObjectNode head, byte[] body) {
    tell(new Frame(Frame.of(head).head, body).toBytes());
  }

  private static synchronized void tell(byte[] frame) {
    try {
      toPmap.write(frame);
      toPmap.flush();
    } catch (IOException e) {
      // pmap has gone, and so has our stdin.
    }
  }

  private static void open(Frame frame) {
    try {
      JsonNode asked = frame.json();
      spark.sc().addArchive(pack(asked.path("archive"), asked.path("files")) + "#" + StageProcess.ARCHIVE);
      // Spark makes executable what it fetches.
      if (asked.hasNonNull("shipped")) spark.sc().addFile(asked.path("shipped").asText());
      List<String> argv = new ArrayList<>();
      for (JsonNode word : asked.path(spark.sc().isLocal() ? "localArgv" : "argv")) argv.add(word.asText());
      String script = asked.hasNonNull("script") ? asked.path("script").asText() : null;
      OutputFolder output = files.output();
      spec = new StageSpec(argv, script, spark.broadcast(frame.body), output == null ? null : output.staging(),
          spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration())));
      if (asked.path("keyed").asBoolean()) groups = new Groups(spark, spec);
      tell(head("opened"));
    } catch (Throwable e) {
      tell(head("unready").put("message", reasonOf(e)));
    }
  }

  private static String pack(JsonNode archive, JsonNode files) throws IOException {
    String path = archive.asText();
    try (ZipOutputStream zip = new ZipOutputStream(new FileOutputStream(path))) {
      for (JsonNode file : files) {
        zip.putNextEntry(new ZipEntry(file.path(0).asText()));
        zip.write(Files.readAllBytes(Paths.get(file.path(1).asText())));
        zip.closeEntry();
      }
    }
    return path;
  }

  private static void run(Frame frame) {
    int wave = -1;
    try {
      JsonNode asked = frame.json();
      wave = asked.path("wave").asInt();
      // A cancelled job interrupts its tasks, which wait for their stages.
      spark.sc().setJobGroup("pmap", "pmap, wave " + wave, true);
      spark.sc().setLocalProperty(WAVE, String.valueOf(wave));
      ClassTag<byte[]> bytes = ClassTag$.MODULE$.apply(byte[].class);
      spark.sc().runJob(answersTo(asked.path("tasks"), wave).rdd(), new First(), new Told(), bytes);
      tell(head("ended").put("wave", wave));
    } catch (Throwable e) {
      String reason = spark.sc().isStopped() ? STOPPED : reasonOf(e);
      tell(head("failed").put("wave", wave).put("message", reason));
      begun();
    }
  }

  private static JavaRDD<byte[]> answersTo(JsonNode asked, int wave) {
    String type = asked.path(0).path("type").asText();
    if (type.equals("range")) return groups.merge(asked);
    List<byte[]> frames = new ArrayList<>();
    for (JsonNode task : asked) frames.add(Frame.of(task).toBytes());
    JavaRDD<byte[]> tasks = Locality.place(wave, frames, asked, spark);
    return groups == null || type.equals("look") ? tasks.mapPartitions(new RunTasks(spec)) : groups.keep(wave, tasks);
  }

  /** The answer of a task: it comes first. */
  static final class First extends AbstractFunction2<TaskContext, Iterator<byte[]>, byte[]> implements Serializable {
    private static final long serialVersionUID = 1;

    @Override public byte[] apply(TaskContext context, Iterator<byte[]> answers) {
      return answers.next();
    }
  }

  /** Spark tells the result of each task once, however often it was tried. */
  private static final class Told extends AbstractFunction2<Object, byte[], BoxedUnit> {
    @Override public BoxedUnit apply(Object task, byte[] answer) {
      tell(answer);
      return BoxedUnit.UNIT;
    }
  }

  private static final Pattern OURS =
      Pattern.compile("(?s)dev\\.pmap\\.spark\\.StageException: (.*?)(,\\[Ljava\\.|\\n\\s+at |\\n\\nDriver stacktrace|$)");

  /** What the user can use of an error: our own sentence, without what Spark puts around it. */
  static String reasonOf(Throwable error) {
    Throwable deepest = error;
    for (Throwable at = error; at != null; at = at.getCause()) {
      Matcher ours = OURS.matcher(String.valueOf(at));
      if (ours.find()) return ours.group(1);
      deepest = at;
    }
    // Further lines are for those who know Spark's insides.
    return String.valueOf(deepest.getMessage() == null ? deepest : deepest.getMessage()).split("\n", 2)[0];
  }

  static String reasonOf(String text) {
    Matcher ours = OURS.matcher(text);
    return ours.find() ? ours.group(1) : text.split("\n", 2)[0];
  }

  private static void daemon(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }
}
