import { Anchor, Button, Container, Group, Text } from '@mantine/core';
import { type ComponentType, lazy, Suspense } from 'react';
import { type Account, useSignOut, useWho, type Who } from '../api/account.js';
import { BearerPage } from '../bearer/bearer.page.js';
import { DevicePage } from '../device/device.page.js';
import { SignInPage } from '../sign-in/sign-in.page.js';
import { SignUpPage } from '../sign-up/sign-up.page.js';
import { Failure } from './notice.js';
import { linkTo, usePage } from './route.js';
import { Waiting } from './waiting.js';

const OverviewPage = lazy(() => import('./overview.page.js'));
const BirthCertificatePage = lazy(() => import('../birth-certificate/birth-certificate.page.js'));
const CredentialsPage = lazy(() => import('../credentials/credentials.page.js'));
const UsagePage = lazy(() => import('../usage/usage.page.js'));
const CertificatesPage = lazy(() => import('../certificates/certificates.page.js'));

export interface PageProps {
  readonly account: Account;
}

interface Page {
  readonly title: string;
  readonly view: ComponentType<PageProps>;
  /** Free customers do not have it. */
  readonly devOnly?: true;
}

/** The pages of an account, by their path. */
const pages: Readonly<Record<string, Page>> = {
  '': { title: 'Overview', view: OverviewPage },
  bearer: { title: 'Bearer', view: BearerPage },
  'birth-certificate': { title: 'Birth certificate', view: BirthCertificatePage, devOnly: true },
  credentials: { title: 'Scoped credentials', view: CredentialsPage, devOnly: true },
  usage: { title: 'Usage', view: UsagePage },
  certificates: { title: 'Certificates', view: CertificatesPage },
};

export function App() {
  const page = usePage();
  const { data: who, error, isPending } = useWho();
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="masthead">
        <Container size="md" py="sm">
          <Group justify="space-between">
            <Anchor {...linkTo('')} fw={700}>
              Stackrunner
            </Anchor>
            {who && <Signed who={who} />}
          </Group>
          {who?.account && <Navigation account={who.account} page={page} />}
        </Container>
      </header>
      <main id="main">
        <Container size="md" className="page">
          <Failure error={error} />
          <Suspense fallback={<Waiting what="Loading…" />}>
            {isPending ? <Waiting what="Loading…" /> : <Content page={page} who={who ?? null} />}
          </Suspense>
        </Container>
      </main>
    </>
  );
}

function Content({ page, who }: { readonly page: string; readonly who: Who | null }) {
  if (who === null) return <SignInPage />;
  if (page === 'device') return <DevicePage email={who.person.email} />;
  if (who.account === null) return <SignUpPage />;
  const { tier } = who.account;
  const shown = pages[page];
  const { view: View } = shown && !(shown.devOnly && tier === 'free') ? shown : (pages[''] as Page);
  return <View account={who.account} />;
}

function Navigation({ account, page }: { readonly account: Account; readonly page: string }) {
  const shown = Object.entries(pages).filter(([, { devOnly }]) => !(devOnly && account.tier === 'free'));
  return (
    <nav className="navigation" aria-label="Account">
      <ul>
        {shown.map(([path, { title }]) => (
          <li key={path}>
            <Anchor {...linkTo(path)} {...(path === page && { 'aria-current': 'page' as const })}>
              {title}
            </Anchor>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Signed({ who }: { readonly who: Who }) {
  const signOut = useSignOut();
  return (
    <Group gap="sm">
      <Text size="sm">{who.person.email}</Text>
      <Button size="xs" variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
        Sign out
      </Button>
    </Group>
  );
}
