import type { TranscriptEntry, TranscriptFile } from './transcript.js';
import type { TranscriptVerdict } from './verify-transcript.js';

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #111; }
  table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1.5rem; }
  th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid #ddd; }
  code, pre { font: 12px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
  .whole { color: #05652a; } .broken { color: #a40000; }
  @media print { body { margin: 0; max-width: none; } section { break-inside: avoid; } }`;

/**
 * A transcript as a page that stands alone, to read and to print: no script, and nothing fetched. It quotes every
 * entry octet by octet, so that it can be checked by hand with sha256sum.
 */
export function transcriptPage(file: TranscriptFile, verdict: TranscriptVerdict): string {
  const { problems, head, entries } = verdict;
  const title = `Transcript of the CA of ${file.handle}`;
  const standing =
    problems.length === 0
      ? `<p class="whole">Every entry follows the one before it, every artefact has the digest that was recorded, every certificate is signed by its root.</p>`
      : `<p class="broken">This transcript is broken:</p><ul class="broken">${problems.map((each) => `<li>${escaped(each)}</li>`).join('')}</ul>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${style}</style>
<h1>${escaped(title)}</h1>
<p>Customer <code>${escaped(file.customer)}</code>, ${entries.length} entries, head <code>${escaped(head)}</code>.</p>
${standing}
<h2>Steps</h2>
${entries.map((entry, index) => stepSection(entry, file.entries[index])).join('\n')}
<h2>Artefacts</h2>
${file.artifacts.map(({ name, pem }) => `<section><h3>${escaped(name)}</h3><pre>${escaped(pem)}</pre></section>`).join('\n')}
<h2>How to check</h2>
<p>The SHA-256 of each entry's text is its hash, and stands as <code>previous</code> in the next one. The digests in
the facts are of the artefacts' DER. <code>stackrunner ceremony verify FILE</code> checks all of it offline.</p>
</html>
`;
}

function stepSection(entry: TranscriptEntry, raw: TranscriptFile['entries'][number] | undefined): string {
  const facts = Object.entries(entry.facts).map(
    ([name, value]) => `<tr><th>${escaped(name)}</th><td><code>${escaped(value)}</code></td></tr>`,
  );
  return `<section>
<h3>${entry.sequence}. ${escaped(entry.step)}</h3>
<p>${escaped(entry.kind)}, generation ${entry.generation}; done ${escaped(entry.done_at)}; asked for by ${escaped(entry.requested_by)} at ${escaped(entry.requested_at)}.</p>
<table>${facts.join('')}</table>
<details><summary>as it was hashed</summary><pre>${escaped(raw?.entry ?? '')}</pre><p>SHA-256 <code>${escaped(raw?.sha256 ?? '')}</code></p></details>
</section>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
