package dev.pmap.spark;

/** A stage that a task has. It is for the next one, unless the task fails: then it ends with it. */
final class StageLease implements AutoCloseable {
  final StageProcess stage;
  private boolean isOver;

  StageLease(StageProcess stage) {
    this.stage = stage;
  }

  void giveBack() {
    isOver = true;
    stage.giveBack();
  }

  @Override public void close() {
    if (!isOver) stage.kill();
    isOver = true;
  }
}
