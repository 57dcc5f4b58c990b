// Renders every page of the portal and holds it against html-validate. With arguments, those files instead.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const work = mkdtempSync(join(tmpdir(), "loa-pages-"));
try {
  let files = process.argv.slice(2);
  if (files.length === 0) {
    execFileSync("go", ["test", "-count=1", "-run", "^TestWritePages$", ".", "-args", work], {
      cwd: join(here, "..", "internal", "page"),
      stdio: "inherit",
    });
    files = readdirSync(work).map((name) => join(work, name));
  }
  const cli = join(here, "node_modules", "html-validate", "bin", "html-validate.mjs");
  execFileSync(process.execPath, [cli, "--config", join(here, ".htmlvalidate.json"), ...files], { stdio: "inherit" });
  console.log(`html-validate: ${files.length} pages pass`);
} catch (failure) {
  process.exitCode = failure.status || 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
