// A build step: every page of a folder is made from its source, on all cores. What has not changed is left out.
//
// prints: built 3 of 3
// prints: built 0 of 3
import { mkdirSync, writeFileSync } from "node:fs";
import { pmap } from "pmap-cli";

mkdirSync("pages", { recursive: true });
for (const name of ["index", "about", "news"]) writeFileSync(`pages/${name}.md`, `# ${name}\n\nHello.\n`);

for (let round = 0; round < 2; round++) {
  let built = 0;
  let all = 0;
  const pages = pmap(
    async (name: string) => {
      const { existsSync, readFileSync, statSync, writeFileSync } = await import("node:fs");
      const [source, target] = [`pages/${name}.md`, `pages/${name}.html`];
      if (existsSync(target) && statSync(target).mtimeMs >= statSync(source).mtimeMs) return { name, isNew: false };
      const html = readFileSync(source, "utf8").replaceAll(/^# (.*)$/gm, "<h1>$1</h1>");
      writeFileSync(target, html);
      return { name, isNew: true };
    },
    ["index", "about", "news"],
    { cores: 2 },
  );
  for await (const { isNew } of pages) {
    all++;
    if (isNew) built++;
  }
  console.log(`built ${built} of ${all}`);
}
