package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureException;
import io.fovea.image.PictureReader;
import io.fovea.runtime.Task;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Pictures that cannot be read: named, counted and left out up to a number, over one or several
 * data sets. Where one is trained on, the next of its data that can be read stands in for it, so
 * that batches stay as large as they are; where it is measured on, it does not count. Thread-safe.
 */
public final class Unreadable {
  private final int most;
  private final Consumer<String> told;
  private final AtomicInteger count = new AtomicInteger();

  /**
   * Lets a number of pictures be unreadable.
   *
   * @param most of them; one more is an error
   * @param told hears of each, once, which and why; on any thread
   */
  public Unreadable(int most, Consumer<String> told) {
    if (most < 0) {
      throw new TrainException("unreadable pictures: expected 0 or more, met " + most);
    }
    this.most = most;
    this.told = told;
  }

  /** How many have been met. */
  public int count() {
    return count.get();
  }

  /** The data without what cannot be read of it. */
  public Dataset without(Dataset data) {
    return new Sieve(data);
  }

  /** Positions that turned out to be unreadable, in order. */
  static int[] positions(Dataset data) {
    return data instanceof Sieve s
        ? s.out.stream().mapToInt(Integer::intValue).toArray()
        : new int[0];
  }

  /** Leaves positions out from the start: those of a training that goes on. */
  static void leaveOut(Dataset data, int[] positions) {
    if (data instanceof Sieve s) {
      IntStream.of(positions).filter(i -> i < data.size()).forEach(s::leaveOutAgain);
    }
  }

  /** A sample's target beside its picture, both of which were read. */
  private record Read(int index, Target target) {}

  private final class Sieve implements Dataset {
    private final Dataset all;
    private final Set<Integer> out = new ConcurrentSkipListSet<>();
    private final ThreadLocal<@Nullable Read> last = new ThreadLocal<>();

    Sieve(Dataset all) {
      this.all = all;
    }

    @Override
    public int size() {
      return all.size();
    }

    @Override
    public Task.Kind task() {
      return all.task();
    }

    @Override
    public List<String> labels() {
      return all.labels();
    }

    @Override
    public Picture picture(int index) {
      return picture(index, PictureReader.standard());
    }

    @Override
    public Picture picture(int index, PictureReader reader) {
      last.remove();
      for (int i = 0; i < all.size(); i++) {
        int at = (index + i) % all.size();
        if (out.contains(at)) {
          continue;
        }
        try {
          Picture picture = all.picture(at, reader);
          last.set(new Read(index, all.target(at)));
          return picture;
        } catch (PictureException e) {
          leaveOut(at, e);
        } catch (TrainException e) { // of a mask
          if (!(e.getCause() instanceof PictureException)) {
            throw e;
          }
          leaveOut(at, e);
        }
      }
      throw new TrainException("data: none of %d pictures can be read".formatted(all.size()));
    }

    private boolean add(int index) {
      boolean isNew = out.add(index);
      if (isNew) {
        count.incrementAndGet();
      }
      return isNew;
    }

    private void leaveOutAgain(int index) {
      if (add(index)) {
        told.accept(name(index) + ": left out as before");
      }
    }

    private void leaveOut(int index, RuntimeException why) {
      String reason = String.valueOf(why.getMessage());
      String what = reason.contains(name(index)) ? reason : name(index) + ": " + reason;
      if (add(index)) {
        int met = count.get();
        if (met > most) {
          throw new TrainException(
              "data: %d pictures cannot be read, more than the %d that may be left out; the last: %s"
                  .formatted(met, most, what),
              why);
        }
        told.accept(what);
      }
    }

    /** Of the picture that this thread has read for the position, else of its own. */
    @Override
    public Target target(int index) {
      Read read = last.get();
      return read != null && read.index == index ? read.target : all.target(index);
    }

    @Override
    public boolean isLeftOut(int index) {
      return out.contains(index);
    }

    @Override
    public String name(int index) {
      return all.name(index);
    }

    @Override
    public @Nullable Stored stored(int index) {
      return all.stored(index);
    }

    @Override
    public long stamp(int index) {
      return all.stamp(index);
    }
  }
}
