/** Code that people copy out of the console. Pure text, so it is tested; it must work as it stands. */

export type Language = "node" | "python" | "php" | "java";
export const LANGUAGES: Language[] = ["node", "python", "php", "java"];

export function embedSnippet(origin: string, key: string): string {
  return `<script async src="${origin}/widget.js" data-key="${key}"></script>`;
}

export function identifiedSnippet(origin: string, key: string): string {
  return `<script async src="${origin}/widget.js" data-key="${key}"\n        data-identity-token="<?= $identityToken ?>"></script>`;
}

/** How a site's own server signs who its customer is: a JSON web token (HS256), five minutes long. */
export function identitySample(language: Language): string {
  switch (language) {
    case "node":
      return [
        `// npm install jsonwebtoken`,
        `import jwt from "jsonwebtoken";`,
        ``,
        `const identityToken = jwt.sign(`,
        `  { sub: "user-1024", name: "Li Lei", email: "lilei@example.com" },`,
        `  process.env.QIAO_IDENTITY_SECRET,`,
        `  { algorithm: "HS256", expiresIn: "5m" },`,
        `);`,
      ].join("\n");
    case "python":
      return [
        `# pip install pyjwt`,
        `import os, time, jwt`,
        ``,
        `identity_token = jwt.encode(`,
        `    {"sub": "user-1024", "name": "Li Lei", "email": "lilei@example.com", "exp": int(time.time()) + 300},`,
        `    os.environ["QIAO_IDENTITY_SECRET"],`,
        `    algorithm="HS256",`,
        `)`,
      ].join("\n");
    case "php":
      return [
        `// composer require firebase/php-jwt`,
        `use Firebase\\JWT\\JWT;`,
        ``,
        `$identityToken = JWT::encode(`,
        `    ['sub' => 'user-1024', 'name' => 'Li Lei', 'email' => 'lilei@example.com', 'exp' => time() + 300],`,
        `    getenv('QIAO_IDENTITY_SECRET'),`,
        `    'HS256'`,
        `);`,
      ].join("\n");
    case "java":
      return [
        `// com.auth0:java-jwt`,
        `String identityToken = JWT.create()`,
        `    .withSubject("user-1024")`,
        `    .withClaim("name", "Li Lei")`,
        `    .withClaim("email", "lilei@example.com")`,
        `    .withExpiresAt(Instant.now().plusSeconds(300))`,
        `    .sign(Algorithm.HMAC256(System.getenv("QIAO_IDENTITY_SECRET")));`,
      ].join("\n");
  }
}

export function apiSendSample(origin: string, key: string): string {
  return [
    `curl -X POST ${origin}/api/v1/channels/api/${key}/messages \\`,
    `  -H "Authorization: Bearer qiao_pat_…" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '{"client_id": "'"$(uuidgen)"'",`,
    `       "from": {"id": "user-1024", "name": "Li Lei"},`,
    `       "kind": "text", "body": "Where is my parcel?", "payload": {}}'`,
  ].join("\n");
}

export function apiReceiveSample(origin: string, key: string): string {
  return `curl "${origin}/api/v1/channels/api/${key}/messages?wait=25" \\\n  -H "Authorization: Bearer qiao_pat_…"`;
}

/** One origin a line; a path or a missing scheme is put right, what is no address at all is named. */
export function readOrigins(text: string): { origins: string[]; wrong: string[] } {
  const origins: string[] = [];
  const wrong: string[] = [];
  for (const line of text.split(/[\s,，]+/).filter(Boolean)) {
    const candidate = /^[a-z]+:\/\//i.test(line) ? line : `https://${line}`;
    try {
      const url = new URL(candidate);
      if (
        !["http:", "https:"].includes(url.protocol) ||
        !/^(localhost|[\w-]+(\.[\w-]+)+|\[[\da-f:]+\])$/i.test(url.hostname)
      )
        throw new Error(line);
      if (!origins.includes(url.origin)) origins.push(url.origin);
    } catch {
      wrong.push(line);
    }
  }
  return { origins, wrong };
}
