package dev.pmap.spark;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * An output that is a folder of parts. Attempts at tasks write them beside it, in OUT.pmap; those that pmap has taken are renamed
 * in the end, and the others go with that folder. Until then there is nothing at OUT.
 */
final class OutputFolder {
  /** Renaming there is copying, so what is renamed goes where it belongs at once. Elsewhere the whole folder appears at once. */
  private static final Pattern COPIES = Pattern.compile("s3[an]?|gs|oss|obs|cosn|wasbs?");
  private static final int RENAMES_AT_ONCE = 16;
  private static final int DIGITS = 5;

  private final FileSystem system;
  private final Path folder;
  private final Path staging;
  private final boolean copies;
  /** Whether OUT is ours. */
  private boolean begun;
  private boolean ended;
  /** The part that pmap itself writes. */
  private String ownName;
  private OutputStream own;

  OutputFolder(String uri, Configuration hadoop) throws IOException {
    folder = new Path(uri);
    staging = folder.suffix(".pmap");
    system = folder.getFileSystem(hadoop);
    copies = COPIES.matcher(String.valueOf(folder.toUri().getScheme()).toLowerCase()).matches();
  }

  /** Where attempts write. */
  String staging() {
    return staging.toString();
  }

  /** What is there already; null where nothing is, and the place is ours from now on. */
  synchronized String claim() throws IOException {
    if (system.exists(folder)) return folder.toString();
    try {
      system.create(new Path(staging, "_claim"), false).close();
    } catch (FileAlreadyExistsException e) {
      return staging.toString();
    }
    return null;
  }

  /** Appends to a part. A name that is another one ends the part before. */
  synchronized void write(String name, byte[] bytes) throws IOException {
    if (!name.equals(ownName)) {
      closeOwn();
      own = system.createFile(new Path(staging, name)).build();
      ownName = name;
    }
    own.write(bytes);
  }

  private void closeOwn() throws IOException {
    if (own != null) own.close();
    own = null;
  }

  /** @param parts the names of parts below the staging folder, in their order */
  synchronized void commit(JsonNode parts, String success) throws IOException {
    closeOwn();
    if (system.exists(folder)) throw new StageException("it is there by now");
    Path whole = copies ? folder : new Path(staging, "whole");
    begun = copies;
    system.mkdirs(whole);
    renameAll(parts, whole);
    try (OutputStream out = system.create(new Path(whole, "_SUCCESS"), false)) {
      out.write(success.getBytes(StandardCharsets.UTF_8));
    }
    if (!copies) rename(whole, folder);
    ended = true;
    system.delete(staging, true);
  }

  private void renameAll(JsonNode parts, Path whole) throws IOException {
    int digits = Math.max(DIGITS, String.valueOf(parts.size()).length());
    ExecutorService threads = Executors.newFixedThreadPool(RENAMES_AT_ONCE);
    try {
      List<Future<?>> renames = new ArrayList<>();
      for (int i = 0; i < parts.size(); i++) {
        Path from = new Path(staging, parts.path(i).asText());
        Path to = new Path(whole, String.format("part-%0" + digits + "d", i));
        renames.add(threads.submit(() -> rename(from, to)));
      }
      for (Future<?> each : renames) each.get();
    } catch (ExecutionException e) {
      throw new IOException(Driver.reasonOf(e.getCause()), e);
    } catch (InterruptedException e) {
      throw new IOException("it was interrupted", e);
    } finally {
      threads.shutdownNow();
    }
  }

  private Void rename(Path from, Path to) throws IOException {
    if (!system.rename(from, to)) throw new StageException("\"" + from + "\" cannot be renamed to \"" + to + "\"");
    return null;
  }

  /** Nothing is left, unless it has been committed. Attempts that are still at it find no folder. */
  synchronized void discard() {
    if (ended) return;
    try {
      if (own != null) own.close();
    } catch (IOException e) {
      // It is deleted.
    }
    try {
      if (begun) system.delete(folder, true);
      system.delete(staging, true);
    } catch (IOException e) {
      System.err.println("pmap: " + e);
    }
  }
}
