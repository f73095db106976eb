import { Button } from '@mantine/core';
import { useState } from 'react';

/** Copies a text, and says so. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [outcome, setOutcome] = useState<'none' | 'copied' | 'failed'>('none');
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setOutcome('copied'),
      () => setOutcome('failed'),
    );
  };
  return (
    <>
      <Button onClick={copy}>{label}</Button>
      <span role="status">
        {outcome === 'copied' && 'Copied.'}
        {outcome === 'failed' && 'The browser did not allow it: select the text and copy it.'}
      </span>
    </>
  );
}
