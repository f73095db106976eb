import { Title } from '@mantine/core';
import { useEffect, useRef } from 'react';

/** A page's name: in the tab, and where the keyboard and a screen reader are when the page appears. */
export function Heading({ children }: { readonly children: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${children} · Stackrunner`;
    heading.current?.focus();
  }, [children]);
  return (
    <Title order={1} size="h2" ref={heading} tabIndex={-1}>
      {children}
    </Title>
  );
}
