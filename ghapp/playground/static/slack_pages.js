// While a person watches, the part marked "live" is fetched again and put in when it has changed, but not under a menu
// or a question that is open. The newest is kept in sight when it was; the keyboard's Enter sends.
const live = document.getElementById("live");
const page = document.scrollingElement;
let last = live?.innerHTML;

const isAtEnd = () => page.scrollHeight - page.scrollTop - page.clientHeight < 80;
const toEnd = () => { if (document.querySelector("footer")) page.scrollTop = page.scrollHeight; };

async function refresh() {
  if (!live || document.hidden || document.querySelector(":popover-open")) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  if (!fresh || fresh.innerHTML === last || document.querySelector(":popover-open")) return;
  const follow = isAtEnd();
  last = fresh.innerHTML;
  live.replaceChildren(...fresh.childNodes);
  if (follow) toEnd();
}

document.querySelector("footer textarea")?.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
if (!location.hash) addEventListener("load", toEnd);
setInterval(() => refresh().catch(() => {}), 1000);
