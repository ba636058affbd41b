// Light, dark, or as the system is. The colours themselves are in styles/theme.css.
import { effect, signal } from '@preact/signals';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'millrace-theme';
const kept = localStorage.getItem(KEY) as Theme;
export const theme = signal<Theme>(THEMES.includes(kept) ? kept : 'auto');

/** Goes up when colours may have changed: what is drawn on a canvas has to be drawn again. */
export const themeShown = signal(0);

export function followTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    localStorage.setItem(KEY, theme.value);
    themeShown.value = themeShown.peek() + 1;
  });
  matchMedia('(prefers-color-scheme: dark)')
    .addEventListener('change', () => (themeShown.value = themeShown.peek() + 1));
}

/** A colour of the theme as a canvas takes it: variables and light-dark() are resolved. */
export function colour(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
