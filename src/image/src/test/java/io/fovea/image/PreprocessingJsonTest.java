package io.fovea.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.fovea.image.Step.Channels;
import io.fovea.image.Step.Position;
import io.fovea.image.Step.Profile;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreprocessingJsonTest {
  @Test
  void everyStepComesBackAsItWas() {
    Preprocessing all =
        Preprocessing.of(
            new Step.Decode(Profile.SRGB, new Alpha(new Fill(1, 2, 255)), true),
            new Step.Color(Channels.BGR),
            new Step.Resize(300, 200, Resampling.HAMMING),
            new Step.ResizeShorter(256, Resampling.LANCZOS),
            new Step.CenterCrop(224, 192),
            new Step.Letterbox(640, 512, 114, Resampling.BICUBIC),
            new Step.Letterbox(64, 51, new Fill(9, 0, 255), Resampling.BOX, Position.TOP_LEFT),
            new Step.LimitPixels(1_000_000, Resampling.BILINEAR),
            new Step.PadToMultiple(32, 7),
            new Step.PadToMultiple(32, Border.REFLECT, Fill.BLACK),
            new Step.Tiles(256, 192, 32),
            new Step.Normalize(255, List.of(0.485f, 0.1f, 0f), List.of(0.229f, 1e-7f, 3f)));
    assertEquals(all, Preprocessing.fromJson(all.toJson()));
    assertEquals(Preprocessing.of(), Preprocessing.fromJson("[]"));
  }

  @Test
  void jsonIsAnArrayOfNamedSteps() {
    Preprocessing p =
        Preprocessing.of(
            new Step.Color(Channels.GREY),
            new Step.CenterCrop(28, 30),
            new Step.Normalize(255, List.of(0.5f), List.of(0.25f)));
    assertEquals(
        """
        [{"step":"color","channels":"grey"},\
        {"step":"center_crop","height":28,"width":30},\
        {"step":"normalize","divisor":255.0,"mean":[0.5],"std":[0.25]}]""",
        p.toJson());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[{'step':'blur'}] | step 1: unknown step 'blur'",
        "[{'step':'color','channels':'rgb','gamma':2}] | step 1: unknown key 'gamma'; there are"
            + " [channels]",
        "[{'step':'color','channels':'rgb'},{'step':'resize','width':3,'filter':'box'}] | step 2:"
            + " Missing creator property 'height' (index 0)",
        "[{'step':'resize_shorter','size':20000,'filter':'box'}] | a size of 20000: expected 1 to"
            + " 16384",
        "[{'step':'color','channels':'rgb'},{'step':'color','channels':'rgb'}] | more than one"
            + " color",
        "[null] | step 1: Invalid `null` value encountered for property <UNKNOWN>",
        "null | expected steps, met null"
      })
  void mistakesAreNamed(String json, String problem) {
    var e =
        assertThrows(PictureException.class, () -> Preprocessing.fromJson(json.replace('\'', '"')));
    assertEquals("preprocessing: " + problem, e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[",
        "{}",
        "[{}]",
        "[] []",
        "[{'step':'color','step':'color','channels':'rgb'}]",
        "[{'step':'color','channels':0}]",
        "[{'step':'color','channels':null}]",
        "[{'step':'pad_to_multiple','multiple':'32','fill':0}]",
        "[{'step':'pad_to_multiple','multiple':32.5,'fill':0}]",
        "[{'step':'pad_to_multiple','multiple':99999999999,'fill':0}]",
        "[{'step':'normalize','divisor':1,'mean':[0,0,0],'std':[1,1,null]}]",
        "[{'step':'normalize','divisor':1,'mean':[0,0,0],'std':[1,1,'NaN']}]",
        "[{'step':'normalize','divisor':1e99,'mean':[0,0,0],'std':[1,1,1]}]"
      })
  void whatIsNotStepsIsRefused(String json) {
    assertThrows(PictureException.class, () -> Preprocessing.fromJson(json.replace('\'', '"')));
  }
}
