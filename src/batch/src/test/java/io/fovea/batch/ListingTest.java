package io.fovea.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListingTest {
  @TempDir Path folder;

  @BeforeEach
  void makeFiles() throws IOException {
    for (String name :
        List.of(
            "b.png", "a/c.png", "a.png", "a-b.png", "a/b/d.png", ".hidden.png", "a/.x", "B.gif")) {
      Path file = folder.resolve("photos").resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, name);
    }
  }

  private List<Item> list(Source source, @Nullable ResultFiles results, Path... own)
      throws IOException {
    PictureList list = PictureList.write(folder.resolve("list"), source, results, Set.of(own));
    List<Item> items = new ArrayList<>();
    try (PictureList.Reader reader = list.reader(0, list.count())) {
      for (Item item = reader.next(); item != null; item = reader.next()) {
        items.add(item);
      }
    }
    assertEquals(list.count(), items.size());
    return items;
  }

  private List<String> names(Source source, Path... own) throws IOException {
    return list(source, null, own).stream()
        .map(i -> i.name().substring(folder.toString().length() + 1))
        .toList();
  }

  @Test
  void foldersAreWalkedInTheOrderOfTheirSortedPaths() throws IOException {
    Path photos = folder.resolve("photos");
    List<String> sorted;
    try (Stream<Path> all = Files.walk(photos)) {
      sorted =
          all.filter(Files::isRegularFile)
              .filter(p -> !p.getFileName().toString().startsWith("."))
              .sorted()
              .map(p -> folder.relativize(p).toString())
              .toList();
    }
    assertEquals(6, sorted.size());
    assertEquals(sorted, names(Source.of(photos)));
    assertEquals(
        List.of("photos/B.gif", "photos/a-b.png", "photos/a.png", "photos/b.png"),
        names(Source.of(photos), photos.resolve("a")),
        "what is written here is left out");
    assertEquals(6, names(Source.of(photos, photos.resolve("a.png"), photos)).size());
  }

  @Test
  void patternsNameFilesAndFolders() throws IOException {
    assertEquals(
        List.of("photos/a-b.png", "photos/a.png", "photos/b.png"),
        names(Source.of(folder.resolve("photos/*.png"))));
    assertEquals(
        List.of(
            "photos/a-b.png", "photos/a.png", "photos/a/b/d.png", "photos/a/c.png", "photos/b.png"),
        names(Source.of(folder.resolve("photos/**.png"))));
    assertEquals(
        List.of("photos/a/b/d.png", "photos/a/c.png"), names(Source.of(folder.resolve("ph*/[a]"))));
    String none =
        assertThrows(BatchException.class, () -> names(Source.of(folder.resolve("photos/*.tiff"))))
            .getMessage();
    assertTrue(none.endsWith("*.tiff: matches no file"), none);
    String missing =
        assertThrows(BatchException.class, () -> names(Source.of(folder.resolve("no"))))
            .getMessage();
    assertTrue(missing.endsWith("/no: no such file or folder"), missing);
  }

  @Test
  void listsKeepTheirOrder() throws IOException {
    Path photos = folder.resolve("photos");
    Path list = folder.resolve("some.txt");
    Files.write(list, List.of(photos + "/b.png", "", photos + "/a\tb.png", photos + "/b.png"));
    assertEquals(
        List.of("photos/b.png", "photos/a\tb.png", "photos/b.png"), names(Source.list(list)));
  }

  @Test
  void archivesAreListedInTheirOwnOrder() throws IOException {
    Path tar = folder.resolve("x.tar");
    tar(Files.newOutputStream(tar));
    Path gz = folder.resolve("x.TGZ");
    tar(new GZIPOutputStream(Files.newOutputStream(gz)));
    Path zip = folder.resolve("x.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (String name : List.of("d/", "d/z.png", "../../y.png", "d/.hidden")) {
        out.putNextEntry(new ZipEntry(name));
        out.write(name.endsWith("/") ? new byte[0] : name.getBytes());
      }
    }
    Path broken = Files.writeString(folder.resolve("broken.zip"), "no archive");
    List<String> wanted = List.of("/d/z.png", "/../../y.png");
    for (Path archive : List.of(tar, gz, zip)) {
      assertEquals(
          wanted.stream().map(w -> archive.getFileName() + w).toList(), names(Source.of(archive)));
    }
    ResultFiles masks = new ResultFiles(folder.resolve("masks"), ".png", false, false);
    List<Item> items = list(Source.of(zip, broken), masks);
    assertEquals("d/z.png", items.get(0).result());
    assertEquals("y.png", items.get(1).result(), "no entry leads out of the folder");
    assertTrue(items.get(2).error().startsWith("no archive, or cut short: "), items.toString());
    try (Archive archive = Archive.open(tar)) {
      archive.next();
      assertEquals("../../y.png", archive.next());
      assertEquals("../../y.png", new String(archive.bytes()));
    }
  }

  private static void tar(OutputStream to) throws IOException {
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(to)) {
      for (String name : List.of("d/", "d/z.png", "../../y.png", "d/.hidden")) {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        byte[] bytes = name.endsWith("/") ? new byte[0] : name.getBytes();
        entry.setSize(bytes.length);
        out.putArchiveEntry(entry);
        out.write(bytes);
        out.closeArchiveEntry();
      }
      TarArchiveEntry link = new TarArchiveEntry("d/link.png", TarArchiveEntry.LF_SYMLINK);
      link.setLinkName("z.png");
      out.putArchiveEntry(link);
      out.closeArchiveEntry();
    }
  }

  @Test
  void resultsShareNoNameAndReplaceNoPicture() throws IOException {
    Path photos = folder.resolve("photos");
    Files.writeString(photos.resolve("a.gif"), "");
    ResultFiles elsewhere = new ResultFiles(folder.resolve("masks"), ".png", false, false);
    List<@Nullable String> names =
        list(Source.of(photos), elsewhere).stream().map(Item::result).toList();
    assertEquals(
        List.of("B.png", "a-b.png", "a.png", "a.png.png", "a/b/d.png", "a/c.png", "b.png"), names);
    for (String within : List.of("photos", "photos/a")) {
      ResultFiles beside = new ResultFiles(folder.resolve(within), ".png", false, false);
      Source source = within.equals("photos") ? Source.of(photos) : Source.of(photos.resolve("a"));
      String message = assertThrows(BatchException.class, () -> list(source, beside)).getMessage();
      assertTrue(message.contains("the result would replace a picture"), message);
    }
  }

  @Test
  void manyHashesAreKeptApart() {
    LongSet set = new LongSet();
    for (int i = 0; i < 100_000; i++) {
      assertTrue(set.add(LongSet.hash("photos/" + i + ".jpg")));
    }
    for (int i = 0; i < 100_000; i++) {
      assertTrue(set.contains(LongSet.hash("photos/" + i + ".jpg")));
    }
    assertTrue(set.add(0) && !set.add(0) && set.contains(0));
  }
}
