import type { LimitInForce } from "../../../protocol/admin.ts";
import { adminTexts } from "../../texts/admin/texts.ts";
import { useLoad } from "../base/load.ts";
import { Body, Page } from "../parts/page.tsx";

const { limits: texts } = adminTexts;

export function Limits() {
  const loaded = useLoad<LimitInForce[]>("limits/");
  return (
    <Page title={adminTexts.views.limits}>
      <p class="intro">{texts.intro}</p>
      <Body loaded={loaded}>
        {(limits) => (
          <table class="table">
            <thead>
              <tr>
                <th>{texts.what}</th>
                <th>{texts.value}</th>
                <th class="wide">{texts.setting}</th>
              </tr>
            </thead>
            <tbody>
              {limits.map((limit) => (
                <tr key={limit.setting ?? limit.description}>
                  <td class="described">{limit.description}</td>
                  <td class="value">{texts.valueOf(limit)}</td>
                  <td class="wide setting">
                    {limit.setting ? (
                      <span class="code">{limit.setting}</span>
                    ) : (
                      <span class="soft">{texts.fixed}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Body>
    </Page>
  );
}
