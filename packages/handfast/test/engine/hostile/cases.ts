/** Every case, by who has to defend itself. */
import { afterServerHandshakeCases, keyUpdateCases } from './afterHandshake.ts'
import { clientFlightCases } from './clientFlight.ts'
import { clientHelloCases } from './clientHello.ts'
import { compressedCertificateCases, compressionOfferCases } from './compression.ts'
import { earlyDataCases, earlyDataClaims } from './earlyData.ts'
import type { Case } from './expected.ts'
import { clientShareCases, serverShareCases } from './keyShares.ts'
import { beforeClientHelloCases, changeCipherSpecCases, plainRecordCases } from './plainRecords.ts'
import { beforeRetryCases, externalKeyCases, preSharedKeyCases } from './preSharedKeys.ts'
import { protectedRecordCases } from './protectedRecords.ts'
import { secondClientHelloCases } from './secondClientHello.ts'
import { certificateCases, certificateVerifyCases, finishedCases } from './serverCertificate.ts'
import {
  certificateRequestCases,
  encryptedExtensionsCases,
  serverOrderCases,
} from './serverFlight.ts'
import { resumptionCases, retryCases, serverHelloCases } from './serverHello.ts'

export const againstClients: readonly Case[] = [
  ...serverHelloCases,
  ...serverShareCases,
  ...resumptionCases,
  ...retryCases,
  ...encryptedExtensionsCases,
  ...serverOrderCases,
  ...certificateRequestCases,
  ...certificateCases,
  ...earlyDataClaims,
  ...compressedCertificateCases,
  ...certificateVerifyCases,
  ...finishedCases,
  ...keyUpdateCases,
  ...afterServerHandshakeCases,
  ...plainRecordCases,
  ...changeCipherSpecCases,
  ...protectedRecordCases,
]

export const againstServers: readonly Case[] = [
  ...clientHelloCases,
  ...compressionOfferCases,
  ...earlyDataCases,
  ...preSharedKeyCases,
  ...externalKeyCases,
  ...beforeRetryCases,
  ...clientShareCases,
  ...secondClientHelloCases,
  ...clientFlightCases,
  ...finishedCases,
  ...keyUpdateCases,
  ...beforeClientHelloCases,
  ...plainRecordCases,
  ...changeCipherSpecCases,
  ...protectedRecordCases,
]
