import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from '#libs/testing';
import { TestBrowser } from '../support/browser.js';
import { Openssl } from '../support/openssl.js';
import { Product } from '../support/product.js';
import { story } from '../support/story.js';

const here = requireTool('chromium', 'apt-get install chromium') ? describe : describe.skip;
const hasKeytool = requireTool('keytool', 'apt-get install default-jre-headless');
const hasNss = requireTool('pk12util', 'apt-get install libnss3-tools');

here('the account pages in Chromium', () => {
  let product: Product;
  let browser: TestBrowser;
  const folder = mkdtempSync(join(tmpdir(), 'stackrunner-pages-'));
  beforeAll(async () => {
    product = await Product.start();
    browser = await TestBrowser.start();
  }, 120_000);
  afterAll(async () => {
    await browser?.stop();
    await product?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const heading = (name: string) => browser.page.getByRole('heading', { level: 1, name }).waitFor();
  const clean = async () => expect(await browser.axe()).toEqual([]);
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const openssl = (...args: string[]) => run('openssl', ...args);

  story(
    'a person signs in, signs up, claims the bearer and mints',
    async (step) => {
      const { page } = browser;
      await step('opens the product', () => page.goto(product.origin));
      await step('is asked to sign in', () => heading('Sign in'));
      await step('first view is small and all ours', async () => {
        const scripts = browser.requests.filter((request) => request.resourceType() === 'script');
        const sizes = await Promise.all(scripts.map(async (each) => (await each.sizes()).responseBodySize));
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(200_000);
        for (const request of browser.requests) expect(new URL(request.url()).origin).toBe(product.origin);
      });
      await step('axe: sign in', clean);
      await step('leaves for the identity provider by keyboard', async () => {
        await page.getByRole('link', { name: /^Sign in with/ }).focus();
        await page.keyboard.press('Enter');
        await heading('Development sign-in');
      });
      await step('axe: development sign-in', clean);
      await step('types an address', async () => {
        await page.getByLabel('E-mail address').fill('Grace@Example.com');
        await page.keyboard.press('Enter');
        await heading('Choose your handle');
      });
      await step('axe: sign up', clean);
      await step('a wrong handle is explained', async () => {
        await page.getByLabel('Handle').fill('x');
        await page.getByRole('button', { name: 'Sign up' }).click();
        await page.getByText('Use 3 to 32').waitFor();
      });
      await step('a reserved one is refused', async () => {
        await page.getByLabel('Handle').fill('adm1n');
        await page.getByRole('button', { name: 'Sign up' }).click();
        await page.getByRole('alert').getByText('bad_handle').waitFor();
      });
      await step('axe: refused', clean);
      await step('takes a handle', async () => {
        await page.getByLabel('Handle').fill('apexrunner');
        await page.getByRole('radio', { name: /^Dev/ }).check();
        await page.keyboard.press('Enter');
        await heading('Your account');
        await page.getByText('Your CA is ready.').waitFor();
      });
      await step('axe: account', clean);
      await step('an operator promotes, and the page follows', async () => {
        const promoted = await product.cli(['customer', 'promote', 'apexrunner']);
        expect(promoted).toMatchObject({ code: 0 });
        await page.reload();
        await page.getByText('Your CA is ready.').waitFor();
        await page.getByRole('link', { name: 'Birth certificate' }).waitFor();
      });
      const bearer = await step('claims the bearer', async () => {
        await page.getByRole('link', { name: 'Bearer', exact: true }).click();
        await heading('Mint bearer');
        await clean();
        await page.getByRole('button', { name: 'Claim mint bearer' }).click();
        await heading('Your mint bearer');
        await clean();
        return page.getByLabel('Bearer', { exact: true }).textContent();
      });
      if (bearer === null) throw new Error('no bearer');
      expect(bearer).toMatch(/^[\w-]{43}$/);
      await step('copies it', async () => {
        await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
        await page.getByRole('button', { name: 'Copy bearer' }).click();
        await page.getByText('Copied.').waitFor();
        expect(await page.evaluate('navigator.clipboard.readText()')).toBe(bearer);
      });
      await step('sees it no second time', async () => {
        await page.reload();
        await page.getByText('It was claimed on').waitFor();
        expect(await page.content()).not.toContain(bearer);
      });
      await step('mints with it', async () => {
        const requests = new Openssl();
        const csr = await requests.csr({ san: 'DNS:app.apexrunner.internal' });
        const minted = await product.request('/7d/apexrunner/mint', {
          bearer,
          body: { version: 'v1', csr_pems: [csr] },
        });
        expect(minted.status).toBe(200);
        requests.dispose();
      });
      expect(browser.complaints).toEqual([]);
    },
    180_000,
  );

  story(
    'the key of a birth certificate never leaves the browser',
    async (step) => {
      const { page } = browser;
      const password = 'a password of 24 letters';
      await step('opens the page', async () => {
        await page.getByRole('link', { name: 'Birth certificate' }).click();
        await heading('Birth certificate');
        await page.getByLabel('Password of the file', { exact: true }).waitFor();
      });
      await step('axe: birth certificate', clean);
      await step('makes it', async () => {
        await page.getByLabel('Password of the file', { exact: true }).fill(password);
        await page.keyboard.press('Enter');
        await heading('Your birth certificate is ready');
      });
      await step('axe: ready', clean);
      await step('saves the file', async () => {
        const download = page.waitForEvent('download');
        await page.getByRole('link', { name: /^Save/ }).click();
        const file = await download;
        expect(file.suggestedFilename()).toBe('apexrunner-birth.p12');
        await file.saveAs(join(folder, 'birth.p12'));
      });
      const key = await step('openssl opens it, and its chain verifies', async () => {
        const root = await product.request('/pki/apexrunner/ca/root.pem');
        writeFileSync(join(folder, 'root.pem'), root.text);
        const from = ['pkcs12', '-in', 'birth.p12', '-passin', `pass:${password}`];
        openssl(...from, '-nokeys', '-clcerts', '-out', 'leaf.pem');
        openssl(...from, '-nokeys', '-cacerts', '-out', 'chain.pem');
        openssl(...from, '-nocerts', '-nodes', '-out', 'key.pem');
        expect(
          openssl('verify', '-x509_strict', '-CAfile', 'root.pem', '-untrusted', 'chain.pem', 'leaf.pem'),
        ).toContain('OK');
        expect(openssl('pkey', '-in', 'key.pem', '-pubout')).toBe(
          openssl('x509', '-in', 'leaf.pem', '-noout', '-pubkey'),
        );
        return execFileSync('openssl', ['pkey', '-in', join(folder, 'key.pem'), '-outform', 'DER']);
      });
      if (hasKeytool) {
        await step('Java opens it', () => {
          const listed = run('keytool', '-list', '-v', '-keystore', 'birth.p12', '-storepass', password);
          expect(listed).toContain('PrivateKeyEntry');
        });
      }
      if (hasNss) {
        await step('the store of Firefox imports it', () => {
          run('certutil', '-N', '-d', 'sql:.', '--empty-password');
          run('pk12util', '-i', 'birth.p12', '-d', 'sql:.', '-W', password, '-K', '');
          expect(run('certutil', '-L', '-d', 'sql:.')).toMatch(/u,u,u/);
        });
      }
      await step('nothing that was sent holds the key', async () => {
        const sent = await browser.sent();
        // RFC 5915: the private key follows the version 1 and an OCTET STRING of 32.
        const at = key.indexOf(Buffer.from([0x02, 0x01, 0x01, 0x04, 0x20])) + 5;
        const scalar = key.subarray(at, at + 32);
        expect([at > 5, scalar.length]).toEqual([true, 32]);
        for (const form of [
          scalar.toString('hex'),
          scalar.toString('base64').slice(0, 40),
          scalar.toString('base64url').slice(0, 40),
          scalar.toString('latin1'),
        ]) {
          expect(sent.toLowerCase()).not.toContain(form.toLowerCase());
        }
        // Base64 of what surrounds the scalar, at each of the three alignments.
        for (const shift of [0, 1, 2]) {
          const inside = scalar.subarray(shift, shift + 3 * Math.floor((32 - shift) / 3)).toString('base64');
          expect(sent).not.toContain(inside);
        }
        expect(sent).toContain('/v1/birth-cert');
        expect(sent).not.toContain('PRIVATE KEY');
        expect(sent).not.toContain(password);
      });
      await step('there is no second one', async () => {
        await page.reload();
        await heading('Birth certificate');
        await page.getByText('SHA-256').waitFor();
        expect(await page.getByRole('button', { name: 'Make key and certificate' }).count()).toBe(0);
      });
      expect(browser.complaints).toEqual([]);
      expect(readFileSync(join(folder, 'birth.p12')).length).toBeGreaterThan(1_000);
    },
    180_000,
  );

  story(
    'scoped credentials, usage and certificates',
    async (step) => {
      const { page } = browser;
      await step('issues a credential', async () => {
        await page.getByRole('link', { name: 'Scoped credentials' }).click();
        await heading('Scoped credentials');
        await page.getByText('There are none yet.').waitFor();
        await clean();
        await page.getByLabel('Label').fill('ci');
        await page.getByRole('button', { name: 'Issue credential' }).click();
        expect(await page.getByLabel('Bearer of the credential').textContent()).toMatch(/^[\w-]{43}$/);
        await clean();
        await page.getByRole('button', { name: 'Done' }).click();
        await page.getByRole('cell', { name: 'ci', exact: true }).waitFor();
      });
      await step('axe: credentials', clean);
      await step('revokes it', async () => {
        await page.getByRole('button', { name: 'Revoke ci' }).click();
        await page.getByRole('button', { name: 'Really revoke ci' }).click();
        await page.getByRole('cell', { name: 'revoked', exact: true }).waitFor();
      });
      await step('sees usage', async () => {
        await page.getByRole('link', { name: 'Usage' }).click();
        await heading('Usage');
        await page.getByRole('rowheader', { name: 'This month' }).waitFor();
        await clean();
      });
      await step('sees certificates', async () => {
        await page.getByRole('link', { name: 'Certificates', exact: true }).click();
        await heading('Certificates');
        await page
          .getByRole('cell', { name: /^[0-9a-f]{32}$/ })
          .first()
          .waitFor();
        await clean();
      });
      await step('signs out', async () => {
        await page.getByRole('button', { name: 'Sign out' }).click();
        await heading('Sign in');
      });
      expect(browser.complaints).toEqual([]);
    },
    120_000,
  );

  story(
    'a command line signs in through the page',
    async (step) => {
      const { page } = browser;
      const sessions = join(folder, 'sessions.json');
      const login = await step('begins', () =>
        product.start(['login'], { STACKRUNNER_SESSION_FILE: sessions }),
      );
      const address = await step('prints an address', () => login.says(/^ {2}(http\S+)$/m));
      await step('opens the page, and signs in on the way', async () => {
        await page.goto(address);
        await page.getByRole('link', { name: /^Sign in with/ }).click();
        await page.getByLabel('E-mail address').fill('grace@example.com');
        await page.keyboard.press('Enter');
        await heading('Sign in a command line');
      });
      await step('axe: device', clean);
      await step('approves', async () => {
        await page.getByRole('button', { name: 'Approve' }).click();
        await heading('The command line is signed in');
      });
      const account = 'Signed in as grace@example.com, apexrunner (dev, active)\n';
      expect(await step('is signed in', () => login.done)).toMatchObject({ code: 0, stdout: account });
      const env = { STACKRUNNER_SESSION_FILE: sessions };
      const cli = (...args: string[]) => product.cli(args, env);
      expect(await step('says so again', () => cli('whoami'))).toMatchObject({ code: 0, stdout: account });
      expect(statSync(sessions).mode & 0o777).toBe(0o600);
      expect(await step('signs out', () => cli('logout'))).toMatchObject({ code: 0 });
      expect(await step('is nobody now', () => cli('whoami'))).toMatchObject({ code: 2 });
      expect(browser.complaints).toEqual([]);
    },
    120_000,
  );
});
