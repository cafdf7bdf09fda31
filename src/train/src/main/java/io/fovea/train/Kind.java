package io.fovea.train;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a {@link Setting} may be. */
sealed interface Kind {
  /** What is expected, for messages and for help. */
  String expected();

  /**
   * The value that a text stands for; null where it stands for none.
   *
   * @throws TrainException where it can say better what is wrong
   */
  @Nullable Object parse(String text);

  /** A number without a fraction between two bounds, as a long. */
  record Whole(long least, long most) implements Kind {
    /** One of {@code least} or more. */
    Whole(long least) {
      this(least, Integer.MAX_VALUE);
    }

    @Override
    public String expected() {
      return "a whole number"
          + (least == Long.MIN_VALUE ? "" : " of " + least)
          + (most == Long.MAX_VALUE ? "" : most == Integer.MAX_VALUE ? " or more" : " to " + most);
    }

    @Override
    public @Nullable Object parse(String text) {
      try {
        long value = Long.parseLong(text);
        return value >= least && value <= most ? value : null;
      } catch (NumberFormatException e) {
        return null;
      }
    }
  }

  /**
   * A finite number between two bounds, as a double.
   *
   * @param text what is expected
   * @param above whether the lower bound itself is left out
   * @param below whether the upper bound itself is left out
   */
  record Real(String text, double least, boolean above, double most, boolean below)
      implements Kind {
    @Override
    public String expected() {
      return text;
    }

    @Override
    public @Nullable Object parse(String text) {
      try {
        double value = Double.parseDouble(text);
        boolean fits = (above ? value > least : value >= least);
        fits &= (below ? value < most : value <= most) && Double.isFinite(value);
        return fits ? value : null;
      } catch (NumberFormatException e) {
        return null;
      }
    }
  }

  /** Yes or no, as a boolean. */
  record YesOrNo() implements Kind {
    @Override
    public String expected() {
      return "true or false";
    }

    @Override
    public @Nullable Object parse(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "true" -> true;
        case "false" -> false;
        default -> null;
      };
    }
  }

  /** One of some words, whatever their case; its value is lower case. */
  record Choice(List<String> words) implements Kind {
    @Override
    public String expected() {
      return "one of " + String.join(", ", words);
    }

    @Override
    public @Nullable Object parse(String text) {
      String word = text.toLowerCase(Locale.ROOT);
      return words.contains(word) ? word : null;
    }
  }

  /** Any text. */
  record Text() implements Kind {
    @Override
    public String expected() {
      return "a text";
    }

    @Override
    public Object parse(String text) {
      return text;
    }
  }

  /** A {@link Loss}, as its text. */
  record OfLoss() implements Kind {
    @Override
    public String expected() {
      return "a loss, such as l1 + 0.2*ms_ssim";
    }

    @Override
    public Object parse(String text) {
      return Loss.of(text).toString();
    }
  }

  Kind ANY_WHOLE = new Whole(Long.MIN_VALUE, Long.MAX_VALUE);
  Kind POSITIVE = new Real("a number above 0", 0, true, Double.MAX_VALUE, false);
  Kind NOT_NEGATIVE = new Real("a number of 0 or more", 0, false, Double.MAX_VALUE, false);
  Kind FROM_ONE = new Real("a number of 1 or more", 1, false, Double.MAX_VALUE, false);
  Kind SHARE = new Real("a number in [0, 1]", 0, false, 1, false);
  Kind SCALE = new Real("a number in (0, 1]", 0, true, 1, false);
  Kind BELOW_ONE = new Real("a number in [0, 1)", 0, false, 1, true);
  Kind INSIDE = new Real("a number in (0, 1)", 0, true, 1, true);
  Kind YES_OR_NO = new YesOrNo();
  Kind TEXT = new Text();
  Kind LOSS = new OfLoss();
}
