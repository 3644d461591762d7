import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { html, jsonInHtml } from "../../../../api/report/html.ts";

test("text in a template is text, also in an attribute, and HTML is HTML", () => {
  const hostile = `</script><img src=x onerror="alert('1')">&amp;`;
  assert.equal(
    html`<p title="${hostile}">${html`<b>${1}</b>`}${["<", html`<i>`, undefined]}</p>`.text,
    `<p title="&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;"><b>1</b>&lt;<i></p>`,
  );
});

test("control characters, text that turns its direction and half characters are seen", () => {
  assert.equal(html`${"a\u0000\u001b[31m\u202eb\ud800\t\n"}`.text, "a\\u0000\\u001b[31m\\u202eb\ufffd\t\n");
  assert.equal(html`${"é😀"}`.text, "é😀");
});

test("no text ends the element that JSON stands in, and it is read as it was", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("</script>", "<!--", "]]>", "\u2028")),
      (text) => {
        const written = jsonInHtml({ text }).text;
        assert.doesNotMatch(written, /[<>&\u2028]/);
        assert.deepEqual(JSON.parse(written), { text });
      },
    ),
  );
});
