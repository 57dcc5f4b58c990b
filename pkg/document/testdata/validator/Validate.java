import java.awt.image.BufferedImage;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.imageio.ImageIO;
import com.google.zxing.BinaryBitmap;
import com.google.zxing.RGBLuminanceSource;
import com.google.zxing.common.HybridBinarizer;
import com.google.zxing.qrcode.QRCodeReader;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.rendering.ImageType;
import org.apache.pdfbox.rendering.PDFRenderer;
import org.apache.pdfbox.text.PDFTextStripper;
import org.apache.pdfbox.text.TextPosition;
import org.apache.xmlbeans.XmlError;
import org.apache.xmlbeans.XmlObject;
import org.apache.xmlbeans.XmlOptions;
import org.openxmlformats.schemas.drawingml.x2006.chart.ChartSpaceDocument;
import org.openxmlformats.schemas.spreadsheetml.x2006.main.CommentsDocument;
import org.openxmlformats.schemas.spreadsheetml.x2006.main.StyleSheetDocument;
import org.openxmlformats.schemas.spreadsheetml.x2006.main.WorkbookDocument;
import org.openxmlformats.schemas.spreadsheetml.x2006.main.WorksheetDocument;
import org.openxmlformats.schemas.wordprocessingml.x2006.main.DocumentDocument;
import org.openxmlformats.schemas.wordprocessingml.x2006.main.FontsDocument;
import org.openxmlformats.schemas.wordprocessingml.x2006.main.FtrDocument;
import org.openxmlformats.schemas.wordprocessingml.x2006.main.HdrDocument;
import org.openxmlformats.schemas.wordprocessingml.x2006.main.SettingsDocument;
import org.openxmlformats.schemas.wordprocessingml.x2006.main.StylesDocument;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Checks files as the tests of pkg/document ask: one line "PASS …" or "FAIL …" for each check, the findings indented below it.
 * Arguments: a PDF (PDF/A-2a, PDF/UA-1, text into FILE.lines, pictures into FILE-N.png, the QR code of page 1; after --text the
 * text alone) or a DOCX or XLSX (schemas of ECMA-376).
 */
public final class Validate {
  private static boolean failed;

  public static void main(String[] files) throws Exception {
    java.util.logging.LogManager.getLogManager().reset();
    VeraGreenfieldFoundryProvider.initialise();
    boolean textAlone = false;
    for (String file : files) {
      if (file.equals("--text")) {
        textAlone = true;
        continue;
      }
      if (!file.endsWith(".pdf")) {
        office(file);
      } else if (textAlone) {
        text(file);
      } else {
        conformance(file, "2a");
        conformance(file, "ua1");
        text(file);
        pictures(file);
      }
      textAlone = false;
    }
    System.exit(failed ? 1 : 0);
  }

  private static void conformance(String file, String flavour) throws Exception {
    PDFAFlavour wanted = PDFAFlavour.fromString(flavour);
    try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), wanted)) {
      PDFAValidator validator = Foundries.defaultInstance().createValidator(wanted, 100, false, false, false);
      ValidationResult result = validator.validate(parser);
      say(result.isCompliant() && result.getTotalAssertions() > 100, flavour, file, result.getTotalAssertions() + " checks");
      Map<String, String> findings = new TreeMap<>();
      for (TestAssertion a : result.getTestAssertions()) {
        if (a.getStatus() == TestAssertion.Status.FAILED) {
          findings.putIfAbsent(a.getRuleId().getClause() + "-" + a.getRuleId().getTestNumber(), a.getMessage() + " @ " + a.getLocation().getContext());
        }
      }
      findings.forEach((rule, message) -> System.out.println("  " + rule + ": " + message.replaceAll("\\s+", " ")));
    }
  }

  /** Writes FILE.lines: page, left, baseline from the top, right and size in points, and the text, one piece of a line a row. */
  private static void text(String file) throws Exception {
    try (PDDocument document = Loader.loadPDF(new File(file)); Writer out = Files.newBufferedWriter(Path.of(stem(file) + ".lines"))) {
      for (int n = 1; n <= document.getNumberOfPages(); n++) {
        final int page = n;
        PDFTextStripper stripper = new PDFTextStripper() {
          @Override
          protected void writeString(String text, List<TextPosition> letters) throws IOException {
            TextPosition first = letters.get(0), last = letters.get(letters.size() - 1);
            out.write(String.format(Locale.ROOT, "%d\t%.1f\t%.1f\t%.1f\t%.1f\t%s%n", page, first.getX(), first.getY(), last.getX() + last.getWidth(), first.getFontSizeInPt(), text));
          }
        };
        stripper.setStartPage(n);
        stripper.setEndPage(n);
        stripper.writeText(document, Writer.nullWriter());
      }
      System.out.println("PAGES " + file + " " + document.getNumberOfPages());
    }
  }

  /** Writes FILE-N.png for the first pages and says what the QR code of the first one reads. */
  private static void pictures(String file) throws Exception {
    try (PDDocument document = Loader.loadPDF(new File(file))) {
      for (int n = 0; n < Math.min(document.getNumberOfPages(), 6); n++) {
        ImageIO.write(new PDFRenderer(document).renderImageWithDPI(n, 72, ImageType.GRAY), "png", new File(stem(file) + "-" + (n + 1) + ".png"));
      }
      System.out.println("QR " + file + " " + code(new PDFRenderer(document).renderImageWithDPI(0, 300, ImageType.RGB)));
    }
  }

  private static String stem(String file) {
    return file.substring(0, file.length() - 4);
  }

  private static String code(BufferedImage page) {
    int top = page.getHeight() * 4 / 5, width = page.getWidth() * 2 / 5;
    BufferedImage corner = page.getSubimage(0, top, width, page.getHeight() - top);
    int[] pixels = corner.getRGB(0, 0, corner.getWidth(), corner.getHeight(), null, 0, corner.getWidth());
    try {
      return new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(corner.getWidth(), corner.getHeight(), pixels)))).getText();
    } catch (Exception e) {
      return "unreadable: " + e;
    }
  }

  private static void office(String file) throws Exception {
    int parts = 0;
    List<String> findings = new ArrayList<>();
    try (ZipFile zip = new ZipFile(file)) {
      for (var entries = zip.entries(); entries.hasMoreElements();) {
        ZipEntry entry = entries.nextElement();
        try (InputStream in = zip.getInputStream(entry)) {
          XmlObject part = parse(entry.getName(), in);
          if (part == null) {
            continue;
          }
          parts++;
          List<XmlError> errors = new ArrayList<>();
          part.validate(new XmlOptions().setErrorListener(errors));
          for (XmlError e : errors) {
            findings.add(entry.getName() + ": " + e.getMessage());
          }
        } catch (Exception e) {
          findings.add(entry.getName() + ": " + e);
        }
      }
    }
    say(findings.isEmpty() && parts > 1, "schema", file, parts + " parts");
    findings.stream().distinct().limit(20).forEach(f -> System.out.println("  " + f));
  }

  private static XmlObject parse(String name, InputStream in) throws Exception {
    if (name.equals("word/document.xml")) return DocumentDocument.Factory.parse(in);
    if (name.equals("word/styles.xml")) return StylesDocument.Factory.parse(in);
    if (name.equals("word/settings.xml")) return SettingsDocument.Factory.parse(in);
    if (name.equals("word/fontTable.xml")) return FontsDocument.Factory.parse(in);
    if (name.matches("word/header\\d+.xml")) return HdrDocument.Factory.parse(in);
    if (name.matches("word/footer\\d+.xml")) return FtrDocument.Factory.parse(in);
    if (name.matches("word/charts/chart\\d+.xml")) return ChartSpaceDocument.Factory.parse(in);
    if (name.equals("xl/workbook.xml")) return WorkbookDocument.Factory.parse(in);
    if (name.equals("xl/styles.xml")) return StyleSheetDocument.Factory.parse(in);
    if (name.matches("xl/worksheets/sheet\\d+.xml")) return WorksheetDocument.Factory.parse(in);
    if (name.matches("xl/comments\\d+.xml")) return CommentsDocument.Factory.parse(in);
    return null;
  }

  private static void say(boolean good, String what, String file, String more) {
    failed |= !good;
    System.out.println((good ? "PASS " : "FAIL ") + what + " " + file + " " + more);
  }
}
