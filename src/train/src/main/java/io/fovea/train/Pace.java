package io.fovea.train;

/**
 * How an epoch's batches make steps: each step takes the gradients of {@code accumulate} batches,
 * an epoch's last of those that are left. Batches count from 0.
 *
 * @param pictures that an epoch shows
 * @param batch pictures of a batch; the last has fewer
 */
record Pace(int pictures, int batch, int accumulate) {
  private int batches() {
    return Loader.steps(pictures, batch, true);
  }

  /** Steps of an epoch. */
  int updates() {
    return (batches() + accumulate - 1) / accumulate;
  }

  /** The step that a batch is a part of. */
  int update(int index) {
    return index / accumulate;
  }

  boolean endsUpdate(int index) {
    return (index + 1) % accumulate == 0 || index + 1 == batches();
  }

  /** A batch's share of its step's pictures. */
  double share(int index) {
    int first = index / accumulate * accumulate;
    return (double) shown(index, index + 1) / shown(first, first + accumulate);
  }

  /** Pictures of some batches. */
  private long shown(int from, int to) {
    long end = Math.min(pictures, (long) Math.min(to, batches()) * batch);
    return end - (long) from * batch;
  }
}
