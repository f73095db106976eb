/** The form of the issuer for development; it says what it is. */
export function signInPage(authorization: URLSearchParams): string {
  const kept = [...authorization]
    .map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`)
    .join('');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Development sign-in</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1b1b1b}
input,button{font:inherit;padding:.5rem;width:100%;box-sizing:border-box;margin:.25rem 0 1rem}
.warning{border-left:.25rem solid #b45309;padding:.25rem 1rem;background:#fff7ed}</style>
<main>
<h1>Development sign-in</h1>
<p class="warning">This issuer is for development on this machine. It asks for no password and believes whatever
address you type.</p>
<form method="post" action="authorize">${kept}
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" required autofocus value="developer@localhost.localdomain">
<button type="submit">Sign in</button>
</form>
</main>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
