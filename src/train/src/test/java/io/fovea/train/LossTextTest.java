package io.fovea.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LossTextTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cross_entropy",
        "binary_cross_entropy",
        "focal(gamma=2)",
        "focal(gamma=1.5,alpha=0.25)",
        "cross_entropy + dice",
        "cross_entropy + 0.5*tversky(alpha=0.3,beta=0.7)",
        "mse",
        "charbonnier(epsilon=0.001)",
        "0.16*l1 + 0.84*ms_ssim",
        "ssim + 1.0E-4*total_variation",
        "distill(teacher=big/net.onnx,temperature=4,weight=0.9)",
        "distill(teacher=\"a net (2).onnx\",temperature=1.5,weight=1)",
        "lsgan(critic=critic.onnx,rate=1)",
        "mse + 0.001*hinge(critic=\"a critic.onnx\",rate=0.5)",
        "l1 + 0.1*perceptual(net=vgg.onnx,at=relu1_2,at=/features/8/Relu_output_0)",
        "style(net=vgg.onnx,picture=\"the wave.jpg\",at=relu1_2,at=relu2_2)",
      })
  void readsWhatItWrites(String text) {
    Loss loss = Loss.of(text);
    assertEquals(text, loss.toString());
    assertEquals(loss, Loss.of(loss.toString()));
  }

  @Test
  void readsNamesOfOldFilesAndSpaces() {
    assertEquals(Loss.CROSS_ENTROPY_DICE, Loss.of("CROSS_ENTROPY_DICE"));
    assertEquals(Loss.of("2*cross_entropy+2*dice"), Loss.of("2 * cross_entropy_dice"));
    assertEquals(Loss.of("focal(gamma=2,alpha=0.25)"), Loss.of(" focal ( alpha = \"0.25\" ) "));
    assertEquals(Loss.of("0.001*l1+mse"), Loss.of("1e-3*l1 +mse"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "crossentropy | loss: unknown 'crossentropy'; there are cross_entropy,",
        "focal(gama=2) | loss focal: unknown option 'gama'; there are [gamma, alpha]",
        "mse(x=1) | loss mse: unknown option 'x'; it has none",
        "focal(gamma=two) | loss focal: gamma: expected a number, met 'two'",
        "focal(gamma=-1) | loss focal: expected gamma 0 or more, met -1",
        "focal(gamma=NaN) | loss focal: expected gamma 0 or more, met NaN",
        "focal(gamma=1,gamma=2) | loss focal: expected one gamma, met 2",
        "focal(alpha=1) | loss focal: expected alpha between 0 and 1, met 1",
        "charbonnier(epsilon=0) | loss charbonnier: expected epsilon above 0, met 0",
        "focal(2) | loss focal: expected option=value, met '2'",
        "distill(weight=0.5) | loss distill: expected one teacher, met 0",
        "distill(teacher=a.onnx,weight=2) | expected weight above 0 and at most 1, met 2",
        "perceptual(net=a.onnx) | loss perceptual: expected one at or more, met none",
        "style(net=a.onnx,at=x) | loss style: expected one picture, met 0",
        "style(net=a.onnx,picture=b.png) | loss style: expected one at or more, met none",
        "hinge(rate=2) | loss hinge: expected one critic, met 0",
        "lsgan(critic=a.onnx,rate=0) | loss lsgan: expected rate above 0, met 0",
        "l1 mse | loss 'l1 mse': expected terms such as focal(gamma=2) and + between them, met 'mse'",
        "l1 + | loss 'l1 +': expected terms such as",
        "'' | loss '': expected terms such as",
        "focal(gamma=2 | expected terms such as focal(gamma=2) and + between them, met '(gamma=2'",
        "-1*l1 | loss '-1*l1': expected terms such as",
        "0*l1 | loss l1: expected a weight above 0, met 0",
      })
  void namesWhatIsWrong(String text, String message) {
    String met = assertThrows(TrainException.class, () -> Loss.of(text)).getMessage();
    assertTrue(String.valueOf(met).contains(message), met);
  }
}
