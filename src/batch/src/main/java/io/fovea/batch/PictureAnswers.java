package io.fovea.batch;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.PictureTransformer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Pictures that a model makes of pictures, as files. */
record PictureAnswers(PictureTransformer transformer, ResultFiles files, boolean jpeg)
    implements Answers {
  private static final double QUALITY = 0.95;

  @Override
  public ImageModel model() {
    return transformer.model();
  }

  @Override
  public Preprocessing preprocessing() {
    return transformer.preprocessing();
  }

  @Override
  public List<Column> columns() {
    return List.of(
        Column.of("picture", Column.Type.TEXT),
        Column.of("width", Column.Type.INTEGER),
        Column.of("height", Column.Type.INTEGER));
  }

  @Override
  public List<Answer> of(List<Picture> pictures, List<Path> files) throws IOException {
    List<Picture> made = transformer.transform(pictures);
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < made.size(); i++) {
      Picture p = made.get(i);
      Path file = ResultFiles.made(files.get(i));
      if (jpeg) {
        p.writeJpeg(file, QUALITY);
      } else {
        p.writePng(file);
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("picture", file.toString());
      json.put("width", p.width());
      json.put("height", p.height());
      answers.add(new Answer(List.of(file.toString(), p.width(), p.height()), json));
    }
    return answers;
  }

  @Override
  public void close() {
    transformer.close();
  }
}
