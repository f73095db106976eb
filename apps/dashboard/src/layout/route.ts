import { type MouseEvent, useSyncExternalStore } from 'react';

export const base = '/dashboard';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

/** The page that the address names, for example `usage`; empty for the first. */
export function usePage(): string {
  return useSyncExternalStore(subscribe, () => location.pathname.slice(base.length).replaceAll('/', ''));
}

/** @param page with a query, for example `sign-in?return_to=…` */
export function go(page: string): void {
  history.pushState(null, '', page === '' ? base : `${base}/${page}`);
  for (const listener of listeners) listener();
}

/** For links within the pages: the browser opens new tabs as ever. */
export function linkTo(page: string): { href: string; onClick: (event: MouseEvent) => void } {
  return {
    href: page === '' ? base : `${base}/${page}`,
    onClick: (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      go(page);
    },
  };
}
