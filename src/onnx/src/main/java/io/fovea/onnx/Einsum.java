package io.fovea.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The shape that an equation such as {@code bij,bjk->bik} gives. */
final class Einsum {
  private static final String REST = "..."; // stands for any number of axes

  private Einsum() {}

  static @Nullable List<Dim> shape(Call c) {
    String equation = c.node().attribute("equation", "").replace(" ", "");
    String[] sides = equation.split("->", -1);
    String[] terms = sides[0].split(",", -1);
    if (sides.length > 2 || terms.length != c.inputs().size()) {
      throw c.fail("'%s' does not fit %d inputs".formatted(equation, c.inputs().size()));
    }
    Map<Character, Dim> letters = new HashMap<>();
    List<Dim> rest = List.of();
    for (int i = 0; i < terms.length; i++) {
      List<Dim> x = c.shape(i);
      if (x == null) {
        return null;
      }
      String before = terms[i].contains(REST) ? terms[i].split("\\.\\.\\.", 2)[0] : terms[i];
      String after = terms[i].contains(REST) ? terms[i].split("\\.\\.\\.", 2)[1] : "";
      int open = x.size() - before.length() - after.length();
      if (open < 0 || (open > 0 && !terms[i].contains(REST))) {
        throw c.fail("'%s' does not fit input %d of %s".formatted(terms[i], i, x));
      }
      int end = before.length() + open;
      bind(c, letters, before, x.subList(0, before.length()));
      bind(c, letters, after, x.subList(end, x.size()));
      List<Dim> both = Rules.broadcast(c, rest, x.subList(before.length(), end));
      rest = both == null ? List.of() : both;
    }
    List<Dim> out = new ArrayList<>();
    String wanted = sides.length == 2 ? sides[1] : implied(sides[0]);
    for (int i = 0; i < wanted.length(); i++) {
      if (wanted.startsWith(REST, i)) {
        out.addAll(rest);
        i += REST.length() - 1;
        continue;
      }
      Dim d = letters.get(wanted.charAt(i));
      if (d == null) {
        throw c.fail("'%s' of the output is in no input".formatted(wanted.charAt(i)));
      }
      out.add(d);
    }
    return out;
  }

  private static void bind(Call c, Map<Character, Dim> letters, String names, List<Dim> sizes) {
    for (int i = 0; i < names.length(); i++) {
      Dim met = sizes.get(i);
      Dim before = letters.putIfAbsent(names.charAt(i), met);
      if (before == null || before.equals(met)) {
        continue;
      }
      List<Dim> both = Rules.broadcast(c, List.of(before), List.of(met));
      letters.put(names.charAt(i), both == null ? Dim.UNKNOWN : both.get(0));
    }
  }

  /** Letters that stand once, in the alphabet's order. */
  private static String implied(String inputs) {
    StringBuilder once = new StringBuilder(inputs.contains(REST) ? REST : "");
    inputs
        .chars()
        .filter(Character::isLetter)
        .sorted()
        .filter(l -> inputs.indexOf(l) == inputs.lastIndexOf(l))
        .forEach(l -> once.append((char) l));
    return once.toString();
  }
}
